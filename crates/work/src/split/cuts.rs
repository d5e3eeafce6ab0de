//! What would break between purposes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daybreak_model::TableName;
use serde::Serialize;

use super::graph::Graph;
use super::input::SplitInput;
use super::purposes::Purpose;

/// A query of tables on both sides of a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrossingQuery {
    /// One of the statements.
    pub statement: String,
    /// How often.
    pub count: u64,
    /// Its tables on both sides.
    pub tables: Vec<TableName>,
}

/// A transaction that touches both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrossingTransaction {
    /// How often transactions touch these tables together.
    pub count: u64,
    /// The tables.
    pub tables: Vec<TableName>,
    /// Whether both sides are written: they cannot be apart without losing what a transaction promises.
    pub writes_both: bool,
}

/// Something of the schema that has tables on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tie {
    /// What: `foreign key order_customer`, `view shop.totals`.
    pub object: String,
    /// Its tables.
    pub tables: Vec<TableName>,
}

/// What lies between two purposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// The two purposes.
    pub between: [String; 2],
    /// Queries, the most frequent first.
    pub queries: Vec<CrossingQuery>,
    /// Transactions, the most frequent first.
    pub transactions: Vec<CrossingTransaction>,
    /// Foreign keys.
    pub foreign_keys: Vec<Tie>,
    /// Views, triggers and routines.
    pub bodies: Vec<Tie>,
    /// Accounts with rights on some tables of both: they are given on two servers, once the two are apart.
    pub accounts: Vec<Tie>,
    /// Whether the two must move together: a foreign key, a trigger or a transaction that writes both ties them.
    pub together: bool,
}

impl Cut {
    /// Whether something of the data lies between the two, and not only who may use it.
    #[must_use]
    pub fn is_of_data(&self) -> bool {
        !(self.queries.is_empty()
            && self.transactions.is_empty()
            && self.foreign_keys.is_empty()
            && self.bodies.is_empty())
    }
}

/// Which purpose each of the graph's tables has.
struct Sides<'a> {
    graph: &'a Graph,
    of: HashMap<&'a TableName, usize>,
}

/// A pair of purposes, and tables on both sides.
type Crossed = ((usize, usize), Vec<TableName>);

impl Sides<'_> {
    fn side(&self, table: usize) -> Option<usize> {
        self.of.get(&self.graph.tables[table].0).copied()
    }

    /// The pairs of purposes that these tables lie in.
    fn crossed(&self, tables: &BTreeSet<usize>) -> Vec<Crossed> {
        let sides: BTreeSet<usize> = tables.iter().filter_map(|table| self.side(*table)).collect();
        let mut pairs = Vec::new();
        for one in &sides {
            for other in sides.range(one + 1..) {
                let both = tables.iter().filter(|table| {
                    let side = self.side(**table);
                    side == Some(*one) || side == Some(*other)
                });
                let names = both.map(|table| self.graph.tables[*table].0.clone());
                pairs.push(((*one, *other), names.collect()));
            }
        }
        pairs
    }

    /// The same for tables by their names.
    fn crossed_by_name(&self, tables: &[&TableName]) -> Vec<Crossed> {
        let place = |table: &&TableName| self.graph.tables.iter().position(|(own, _)| own == *table);
        self.crossed(&tables.iter().filter_map(place).collect())
    }
}

/// Every pair of purposes with anything between them.
#[must_use]
pub fn cuts(input: &SplitInput, graph: &Graph, purposes: &[Purpose]) -> Vec<Cut> {
    let placed = purposes.iter().enumerate();
    let sides = Sides {
        graph,
        of: placed
            .flat_map(|(at, purpose)| purpose.tables.iter().map(move |table| (table, at)))
            .collect(),
    };
    let mut found: BTreeMap<(usize, usize), Cut> = BTreeMap::new();
    for (query, tables) in input.queries.iter().zip(&graph.queries) {
        let tables: BTreeSet<usize> = tables.iter().map(|(table, _)| *table).collect();
        for (pair, tables) in sides.crossed(&tables) {
            cut(&mut found, purposes, pair).queries.push(CrossingQuery {
                statement: query.text.clone(),
                count: query.count,
                tables,
            });
        }
    }
    for transaction in &input.transactions {
        let used: Vec<(usize, bool)> = transaction
            .queries
            .iter()
            .filter_map(|at| graph.queries.get(*at))
            .flatten()
            .copied()
            .collect();
        let tables: BTreeSet<usize> = used.iter().map(|(table, _)| *table).collect();
        for (pair, tables) in sides.crossed(&tables) {
            let writes = |purpose: usize| {
                used.iter()
                    .any(|(table, writes)| *writes && sides.side(*table) == Some(purpose))
            };
            let writes_both = writes(pair.0) && writes(pair.1);
            let cut = cut(&mut found, purposes, pair);
            cut.together |= writes_both;
            let same = cut
                .transactions
                .iter_mut()
                .find(|other| other.tables == tables && other.writes_both == writes_both);
            match same {
                Some(same) => same.count += transaction.count,
                None => cut.transactions.push(CrossingTransaction {
                    count: transaction.count,
                    tables,
                    writes_both,
                }),
            }
        }
    }
    for key in &input.foreign_keys {
        for (pair, tables) in sides.crossed_by_name(&[&key.child, &key.parent]) {
            let cut = cut(&mut found, purposes, pair);
            cut.together = true;
            cut.foreign_keys.push(Tie {
                object: format!("foreign key {} of {}", key.name, key.child),
                tables,
            });
        }
    }
    for (body, tables) in input.bodies.iter().zip(&graph.bodies) {
        for (pair, tables) in sides.crossed(&tables.iter().copied().collect()) {
            let cut = cut(&mut found, purposes, pair);
            cut.together |= body.table.is_some();
            cut.bodies.push(Tie {
                object: body.object.clone(),
                tables,
            });
        }
    }
    for (rights, tables) in input.rights.iter().zip(&graph.rights) {
        for (pair, tables) in sides.crossed(&tables.iter().copied().collect()) {
            cut(&mut found, purposes, pair).accounts.push(Tie {
                object: format!("account {}", rights.account),
                tables,
            });
        }
    }
    let mut cuts: Vec<Cut> = found.into_values().collect();
    for cut in &mut cuts {
        cut.queries.sort_by(|one, other| {
            other
                .count
                .cmp(&one.count)
                .then(one.statement.cmp(&other.statement))
        });
        cut.transactions
            .sort_by(|one, other| other.count.cmp(&one.count).then(one.tables.cmp(&other.tables)));
    }
    cuts
}

fn cut<'a>(
    found: &'a mut BTreeMap<(usize, usize), Cut>,
    purposes: &[Purpose],
    pair: (usize, usize),
) -> &'a mut Cut {
    found.entry(pair).or_insert_with(|| Cut {
        between: [purposes[pair.0].name.clone(), purposes[pair.1].name.clone()],
        queries: Vec::new(),
        transactions: Vec::new(),
        foreign_keys: Vec::new(),
        bodies: Vec::new(),
        accounts: Vec::new(),
        together: false,
    })
}

#[cfg(test)]
mod tests {
    use daybreak_engine::TableRights;
    use daybreak_model::{ForeignKey, Table, TableName};

    use super::super::graph::graph;
    use super::super::input::{SplitInput, queries_of_sql};
    use super::super::purposes::purposes;
    use super::cuts;

    fn input(crossing: &str) -> SplitInput {
        let names = ["orders", "lines", "customers", "posts", "comments", "authors"];
        let table = |name: &&str| Table {
            name: TableName::new("s", *name),
            columns: Vec::new(),
            key: None,
            estimated_rows: 10,
            estimated_bytes: 1000,
        };
        let key = |child: &str, parent: &str| ForeignKey {
            name: format!("{child}_{parent}"),
            child: TableName::new("s", child),
            child_columns: Vec::new(),
            parent: TableName::new("s", parent),
            parent_columns: Vec::new(),
            on_delete: "NO ACTION".to_owned(),
        };
        let mut input = SplitInput {
            tables: names.iter().map(table).collect(),
            foreign_keys: vec![
                key("lines", "orders"),
                key("orders", "customers"),
                key("comments", "posts"),
                key("posts", "authors"),
            ],
            ..SplitInput::default()
        };
        queries_of_sql(
            "SELECT * FROM orders JOIN lines USING (id); SELECT * FROM posts, comments",
            &mut input,
        );
        queries_of_sql(crossing, &mut input);
        input
    }

    #[test]
    fn two_purposes_and_what_lies_between_them() {
        let input = input(
            "SELECT * FROM customers JOIN authors USING (mail); SELECT 1 FROM orders WHERE id IN (SELECT id FROM posts); \
             BEGIN; UPDATE orders SET a = 1; UPDATE posts SET b = 1; COMMIT; SELECT * FROM nowhere",
        );
        let graph = graph(&input);
        let found = purposes(&graph, 1.0);
        assert_eq!(
            found
                .iter()
                .map(|purpose| purpose.tables.len())
                .collect::<Vec<_>>(),
            [3, 3],
            "{found:?}"
        );
        assert_eq!(graph.unknown.keys().collect::<Vec<_>>(), ["nowhere"]);
        let cuts = cuts(&input, &graph, &found);
        let [cut] = cuts.as_slice() else {
            panic!("{cuts:?}")
        };
        assert_eq!(cut.queries.len(), 2, "{cut:?}");
        assert!(
            cut.transactions.len() == 1 && cut.transactions[0].writes_both && cut.together,
            "{cut:?}"
        );
        assert!(cut.foreign_keys.is_empty(), "{cut:?}");
    }

    #[test]
    fn an_account_ties_what_it_may_use_and_is_told_where_purposes_part() {
        let mut input = input("");
        let rights = |account: &str, tables: &[&str]| TableRights {
            account: account.to_owned(),
            tables: tables.iter().map(|table| TableName::new("s", *table)).collect(),
        };
        input.rights = vec![
            rights("'clerk'@'%'", &["orders", "posts"]),
            rights("'shop'@'%'", &["orders", "customers"]),
        ];
        let graph = graph(&input);
        let found = purposes(&graph, 1.0);
        assert_eq!(found.len(), 2, "{found:?}");
        let cuts = cuts(&input, &graph, &found);
        let [cut] = cuts.as_slice() else {
            panic!("{cuts:?}")
        };
        let told: Vec<&str> = cut.accounts.iter().map(|tie| tie.object.as_str()).collect();
        assert_eq!(told, ["account 'clerk'@'%'"]);
        assert!(!cut.together && !cut.is_of_data(), "{cut:?}");
    }

    #[test]
    fn without_anything_between_there_is_no_cut() {
        let input = input("");
        let graph = graph(&input);
        assert_eq!(cuts(&input, &graph, &purposes(&graph, 1.0)), []);
    }
}
