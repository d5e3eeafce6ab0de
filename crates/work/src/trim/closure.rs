//! Which tables a rule reaches by foreign keys, children before their parents.

use daybreak_model::{ForeignKey, RowFilter, TableName};

use super::rule::{Children, Hold};

/// A table that a rule takes rows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) table: TableName,
    pub(super) filter: RowFilter,
    /// Foreign keys to it: rows that any of these refers to stay.
    pub(super) referring: Vec<ForeignKey>,
}

/// Rows of a table that a filter means and nothing holds.
fn but_held(table: &TableName, filter: RowFilter, holds: &[Hold]) -> RowFilter {
    let held = holds.iter().filter(|hold| hold.table == *table);
    let spared = held.map(|hold| RowFilter::False(hold.expression.clone()));
    let all: Vec<RowFilter> = std::iter::once(filter).chain(spared).collect();
    match <[RowFilter; 1]>::try_from(all) {
        Ok([filter]) => filter,
        Err(all) => RowFilter::All(all),
    }
}

/// What a row of a table is when a row below it is held: it stays then, and with it all that refers to it.
fn held_below(table: &TableName, holds: &[Hold], keys: &[ForeignKey]) -> Vec<RowFilter> {
    let below = keys
        .iter()
        .filter(|key| key.parent == *table && key.child != *table);
    let held = below.filter_map(|key| {
        let own = holds.iter().filter(|hold| hold.table == key.child);
        let own = own.map(|hold| RowFilter::Not(Box::new(RowFilter::False(hold.expression.clone()))));
        let any: Vec<RowFilter> = own.chain(held_below(&key.child, holds, keys)).collect();
        (!any.is_empty()).then(|| RowFilter::Referred {
            key: key.clone(),
            by: Box::new(RowFilter::Any(any)),
        })
    });
    held.collect()
}

/// The tables, in the order in which they are gone through; in words, why there is no such order.
pub(super) fn closure(
    table: &TableName,
    filter: RowFilter,
    children: Children,
    holds: &[Hold],
    keys: &[ForeignKey],
) -> Result<Vec<Reached>, String> {
    let others = |table: &TableName| {
        let table = table.clone();
        keys.iter()
            .filter(move |key| key.parent == table && key.child != table)
    };
    let referring = |table: &TableName| keys.iter().filter(|key| key.parent == *table).cloned().collect();
    if children == Children::Refuse && others(table).next().is_some() {
        let names: Vec<String> = others(table)
            .map(|key| format!("`{}` of {}", key.name, key.child))
            .collect();
        return Err(format!(
            "rows of other tables refer to {table}: {}",
            names.join(", ")
        ));
    }
    // Parents first.
    let mut order = vec![table.clone()];
    if children == Children::First {
        let mut path = Vec::new();
        order.clear();
        descend(table, keys, &mut path, &mut order)?;
        order.reverse();
        own_keys_refused(&order, keys)?;
    }
    let mut filter = filter;
    if children == Children::First {
        let held = held_below(table, holds, keys);
        if !held.is_empty() {
            filter = RowFilter::All(vec![filter, RowFilter::Not(Box::new(RowFilter::Any(held)))]);
        }
    }
    let mut reached: Vec<Reached> = Vec::with_capacity(order.len());
    for table in &order {
        let own = if reached.is_empty() {
            filter.clone()
        } else {
            let refers = |key: &ForeignKey| {
                let parent = reached
                    .iter()
                    .find(|parent| parent.table == key.parent && key.child == *table)?;
                (key.parent != *table).then(|| RowFilter::Refers {
                    key: key.clone(),
                    to: Box::new(parent.filter.clone()),
                })
            };
            RowFilter::Any(keys.iter().filter_map(refers).collect())
        };
        reached.push(Reached {
            table: table.clone(),
            filter: but_held(table, own, holds),
            referring: referring(table),
        });
    }
    reached.reverse();
    Ok(reached)
}

/// Refuses tables of which one refers to itself: a row that stays because another row of its table refers to it keeps its parent, whose
/// other rows below would be gone by then.
fn own_keys_refused(order: &[TableName], keys: &[ForeignKey]) -> Result<(), String> {
    let mut own = keys
        .iter()
        .filter(|key| key.parent == key.child && order.contains(&key.child));
    match own.next() {
        Some(key) if order.len() > 1 => Err(format!(
            "rows of {} refer to rows of the same table by `{}`: a row that stays for that keeps what it refers to, and may lose what refers to it",
            key.child, key.name
        )),
        _ => Ok(()),
    }
}

/// Appends the tables below one, and then itself.
fn descend(
    table: &TableName,
    keys: &[ForeignKey],
    path: &mut Vec<TableName>,
    order: &mut Vec<TableName>,
) -> Result<(), String> {
    if let Some(at) = path.iter().position(|above| above == table) {
        let mut ring: Vec<String> = path[at..].iter().map(TableName::to_string).collect();
        ring.push(table.to_string());
        return Err(format!("foreign keys lead in a ring: {}", ring.join(", ")));
    }
    if order.contains(table) {
        return Ok(());
    }
    path.push(table.clone());
    for key in keys
        .iter()
        .filter(|key| key.parent == *table && key.child != *table)
    {
        descend(&key.child, keys, path, order)?;
    }
    path.pop();
    order.push(table.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ForeignKey, RowFilter, TableName};

    use super::super::rule::{Children, Hold};
    use super::closure;

    fn table(name: &str) -> TableName {
        TableName::new("s", name)
    }

    fn key(child: &str, parent: &str) -> ForeignKey {
        ForeignKey {
            name: format!("{child}_{parent}"),
            child: table(child),
            child_columns: vec!["parent".to_owned()],
            parent: table(parent),
            parent_columns: vec!["id".to_owned()],
            on_delete: "NO ACTION".to_owned(),
        }
    }

    fn old() -> RowFilter {
        RowFilter::True("old".to_owned())
    }

    fn order(keys: &[ForeignKey], children: Children) -> Result<Vec<String>, String> {
        let reached = closure(&table("orders"), old(), children, &[], keys)?;
        Ok(reached.into_iter().map(|reached| reached.table.name).collect())
    }

    #[test]
    fn children_go_before_their_parents_by_whichever_way() {
        let keys = [
            key("lines", "orders"),
            key("taxes", "lines"),
            key("taxes", "orders"),
            key("orders", "customers"),
        ];
        assert_eq!(
            order(&keys, Children::First).expect("an order"),
            ["taxes", "lines", "orders"]
        );
        assert_eq!(order(&keys, Children::Keep).expect("an order"), ["orders"]);
        let refused = order(&keys, Children::Refuse).expect_err("children");
        assert_eq!(
            refused,
            "rows of other tables refer to s.orders: `lines_orders` of s.lines, `taxes_orders` of s.taxes"
        );
        let own = [key("orders", "orders")];
        for children in [Children::Refuse, Children::First, Children::Keep] {
            assert_eq!(order(&own, children).expect("its own rows alone"), ["orders"]);
        }
    }

    #[test]
    fn no_family_is_torn_by_a_table_that_refers_to_itself() {
        for itself in ["orders", "lines"] {
            let keys = [key("lines", "orders"), key(itself, itself)];
            let refused = order(&keys, Children::First).expect_err("refers to itself");
            let begins = format!("rows of s.{itself} refer to rows of the same table by `{itself}_{itself}`");
            assert!(refused.starts_with(&begins), "{refused}");
        }
        let keys = [key("lines", "orders"), key("orders", "orders")];
        assert_eq!(
            order(&keys, Children::Keep).expect("nothing below goes"),
            ["orders"]
        );
        let elsewhere = [key("lines", "orders"), key("staff", "staff")];
        assert_eq!(
            order(&elsewhere, Children::First).expect("another table's"),
            ["lines", "orders"]
        );
    }

    #[test]
    fn a_held_row_keeps_what_it_refers_to_and_with_it_its_siblings() {
        let hold = Hold {
            table: table("taxes"),
            expression: "disputed".to_owned(),
            reason: "case 7".to_owned(),
        };
        let keys = [key("lines", "orders"), key("taxes", "lines")];
        let reached = closure(&table("orders"), old(), Children::First, &[hold], &keys).expect("an order");
        let held = RowFilter::Not(Box::new(RowFilter::False("disputed".to_owned())));
        let line = RowFilter::Referred {
            key: keys[1].clone(),
            by: Box::new(RowFilter::Any(vec![held])),
        };
        let order = RowFilter::Referred {
            key: keys[0].clone(),
            by: Box::new(RowFilter::Any(vec![line])),
        };
        let free = RowFilter::Not(Box::new(RowFilter::Any(vec![order])));
        assert_eq!(reached[2].filter, RowFilter::All(vec![old(), free]));
    }

    #[test]
    fn a_ring_has_no_order() {
        let keys = [
            key("lines", "orders"),
            key("taxes", "lines"),
            key("lines", "taxes"),
        ];
        let ring = order(&keys, Children::First).expect_err("a ring");
        assert_eq!(ring, "foreign keys lead in a ring: s.lines, s.taxes, s.lines");
    }

    #[test]
    fn what_is_held_keeps_what_refers_to_it() {
        let hold = Hold {
            table: table("orders"),
            expression: "disputed".to_owned(),
            reason: "case 7".to_owned(),
        };
        let keys = [key("lines", "orders")];
        let reached = closure(&table("orders"), old(), Children::First, &[hold], &keys).expect("an order");
        let kept = RowFilter::All(vec![old(), RowFilter::False("disputed".to_owned())]);
        assert_eq!(reached[1].filter, kept);
        assert_eq!(
            reached[0].filter,
            RowFilter::Any(vec![RowFilter::Refers {
                key: keys[0].clone(),
                to: Box::new(kept)
            }])
        );
        assert_eq!(reached[1].referring, keys);
    }
}
