//! Which indexes could help a statement, by what it asks: columns that are one value first, then those that sort, or the one whose
//! values lie in a range. Whether one does help is for a server to prove.

use daybreak_engine::{Explained, NewIndex};
use daybreak_model::{Column, Family, Table, TableName};
use sha2::{Digest as _, Sha256};

use super::catalog::Catalog;
use super::statement::{Block, ColumnRef, Condition, Parsed};
use crate::hex::hex;

/// Rows below which reading all of a table costs nothing.
const FEW_ROWS: u64 = 1000;
/// Columns of an index at most.
const MOST_COLUMNS: usize = 4;
/// Indexes tried for one statement.
const MOST_CANDIDATES: usize = 6;
/// Characters of a long text that are indexed (MySQL family): InnoDB takes 767 bytes of a column, 3,072 with newer row formats.
const PREFIX: u32 = 64;
/// Characters of a text that are indexed whole.
const WHOLE: u32 = 190;
/// The longest name: 63 bytes with PostgreSQL, 64 characters with MySQL.
const LONGEST_NAME: usize = 63;

/// Columns that an index may have.
fn can_be_indexed(family: Family, column: &Column) -> bool {
    let kind = column.base_type.as_str();
    match family {
        Family::Mysql => !matches!(
            kind,
            "json"
                | "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
                | "geomcollection"
                | "vector"
        ),
        Family::Postgres => {
            !column.full_type.ends_with("[]")
                && !matches!(
                    kind,
                    "json"
                        | "jsonb"
                        | "xml"
                        | "point"
                        | "line"
                        | "lseg"
                        | "box"
                        | "path"
                        | "polygon"
                        | "circle"
                        | "tsvector"
                        | "tsquery"
                )
        }
    }
}

/// The characters of a column that are indexed; none for all.
fn length(family: Family, column: &Column) -> Option<u32> {
    if family == Family::Postgres {
        return None;
    }
    let long = match column.base_type.as_str() {
        "tinytext" | "text" | "mediumtext" | "longtext" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            true
        }
        "char" | "varchar" | "binary" | "varbinary" => {
            let inner = column.full_type.split(['(', ')']).nth(1);
            inner
                .and_then(|inner| inner.parse::<u32>().ok())
                .is_some_and(|length| length > WHOLE)
        }
        _ => false,
    };
    long.then_some(PREFIX)
}

/// What one table of a block is asked.
#[derive(Default)]
struct Asked<'a> {
    equal: Vec<&'a Column>,
    range: Vec<&'a Column>,
    joined: Vec<&'a Column>,
    order: Vec<&'a Column>,
}

/// The indexes to try for a statement, the likeliest first; none for a table that is small, or that the server reaches without reading
/// much of it.
pub(super) fn candidates(parsed: &Parsed, catalog: &Catalog, explained: Option<&Explained>) -> Vec<NewIndex> {
    let mut found: Vec<NewIndex> = Vec::new();
    for block in &parsed.blocks {
        for (at, named, table) in catalog.known(block) {
            if table.estimated_rows < FEW_ROWS || !reads_much(explained, &named.alias, table) {
                continue;
            }
            for columns in lists(&asked(block, catalog, at)) {
                let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
                if catalog.begins_with(&table.name, &names) {
                    continue;
                }
                let columns: Vec<(String, Option<u32>)> = columns
                    .iter()
                    .map(|column| (column.name.clone(), length(catalog.family, column)))
                    .collect();
                if found
                    .iter()
                    .any(|other| other.table == table.name && other.columns == columns)
                {
                    continue;
                }
                found.push(NewIndex {
                    name: name(&table.name, &columns, catalog),
                    table: table.name.clone(),
                    columns,
                });
            }
        }
    }
    found.truncate(MOST_CANDIDATES);
    found
}

/// Whether the server reads all of the table, or many of its rows. What was not explained may.
fn reads_much(explained: Option<&Explained>, alias: &str, table: &Table) -> bool {
    let Some(explained) = explained else {
        return true;
    };
    let mut accesses = explained
        .accesses
        .iter()
        .filter(|access| access.table == alias)
        .peekable();
    // Rows of a partitioned table are read from its partitions, under their own names.
    if accesses.peek().is_none() {
        return true;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let few = FEW_ROWS.min(table.estimated_rows) as f64;
    accesses.any(|access| access.whole || access.rows >= few)
}

fn asked<'a>(block: &Block, catalog: &'a Catalog, table: usize) -> Asked<'a> {
    let mut asked = Asked::default();
    let own = |column: &ColumnRef| {
        let (at, column) = catalog.column(block, column)?;
        (at == table && can_be_indexed(catalog.family, column)).then_some(column)
    };
    let add = |list: &mut Vec<&'a Column>, column: &ColumnRef| {
        if let Some(column) = own(column)
            && !list.iter().any(|other| other.name == column.name)
        {
            list.push(column);
        }
    };
    for condition in &block.conditions {
        match condition {
            Condition::Equal(column, _) => add(&mut asked.equal, column),
            // Few values are as good as one; of many the index gives ranges.
            Condition::Among(column, values) if *values <= 20 => add(&mut asked.equal, column),
            Condition::Among(column, _) | Condition::Range(column) => add(&mut asked.range, column),
            Condition::Joined(one, other) => {
                add(&mut asked.joined, one);
                add(&mut asked.joined, other);
            }
            Condition::InQuery(column) => add(&mut asked.joined, column),
            Condition::Wrapped(..) | Condition::Contains(..) | Condition::Either(_) => {}
        }
    }
    let by = if block.group.is_empty() {
        &block.order
    } else {
        &block.group
    };
    let columns: Option<Vec<&Column>> = by.iter().map(own).collect();
    asked.order = columns.unwrap_or_default();
    asked
}

/// Lists of columns, the likeliest first.
fn lists<'a>(asked: &Asked<'a>) -> Vec<Vec<&'a Column>> {
    let mut lists: Vec<Vec<&Column>> = Vec::new();
    let mut put = |parts: &[&[&'a Column]]| {
        let mut list: Vec<&Column> = Vec::new();
        for column in parts.iter().flat_map(|part| part.iter()) {
            if !list.iter().any(|other| other.name == column.name) {
                list.push(column);
            }
        }
        list.truncate(MOST_COLUMNS);
        if !list.is_empty() && !lists.iter().any(|other| same(other, &list)) {
            lists.push(list);
        }
    };
    let Asked {
        equal,
        range,
        joined,
        order,
    } = asked;
    if !order.is_empty() && (!equal.is_empty() || range.is_empty()) {
        put(&[equal, order]);
    }
    for column in range {
        put(&[equal, &[*column]]);
    }
    if !joined.is_empty() {
        put(&[joined, equal]);
        put(&[joined]);
    }
    if !equal.is_empty() {
        put(&[equal]);
    }
    if !order.is_empty() {
        put(&[order]);
    }
    lists
}

fn same(one: &[&Column], other: &[&Column]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.name == other.name)
}

/// `orders_customer_placed_idx`, shortened where it is too long, with a number where that is taken.
fn name(table: &TableName, columns: &[(String, Option<u32>)], catalog: &Catalog) -> String {
    let taken = catalog.taken(table);
    let parts: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let whole = format!("{}_{}", table.name, parts.join("_"));
    for number in 1_u32.. {
        let mut end = "_idx".to_owned();
        if number > 1 {
            end = format!("_idx{number}");
        }
        let mut name = format!("{whole}{end}");
        if name.len() > LONGEST_NAME {
            let digest = Sha256::digest(&whole);
            end = format!("_{}{end}", hex(&digest[..3]));
            let mut most = LONGEST_NAME - end.len();
            while !whole.is_char_boundary(most) {
                most -= 1;
            }
            name = format!("{}{end}", &whole[..most]);
        }
        if !taken.contains(name.as_str()) {
            return name;
        }
    }
    unreachable!("numbers do not end")
}

#[cfg(test)]
mod tests {
    use daybreak_engine::{Access, Explained, TableIndex};
    use daybreak_model::{Family, TableName};

    use super::super::catalog::tests::shop;
    use super::super::statement::parse;
    use super::candidates;

    fn tried(family: Family, statement: &str) -> Vec<String> {
        let parsed = parse(family, "shop", statement).expect("understood");
        let told = |index: daybreak_engine::NewIndex| {
            let columns: Vec<String> = index
                .columns
                .into_iter()
                .map(|(name, length)| length.map_or(name.clone(), |length| format!("{name}({length})")))
                .collect();
            format!("{}: {}", index.table.name, columns.join(", "))
        };
        candidates(&parsed, &shop(family), None)
            .into_iter()
            .map(told)
            .collect()
    }

    #[test]
    fn one_value_first_then_what_sorts_or_lies_in_a_range() {
        let table = [
            (
                "SELECT * FROM orders WHERE customer = 7 AND state = 'new' ORDER BY placed DESC LIMIT 5",
                &[
                    "orders: customer, state, placed",
                    "orders: customer, state",
                    "orders: placed",
                ][..],
            ),
            (
                "SELECT id FROM orders WHERE placed > '2026-01-01' AND customer IN (1, 2)",
                &["orders: customer, placed", "orders: customer"],
            ),
            (
                "SELECT 1 FROM orders o JOIN `lines` l ON l.order_id = o.id WHERE o.note = 'x'",
                &["orders: id, note(64)", "orders: note(64)", "lines: order_id"],
            ),
            ("SELECT 1 FROM `lines` WHERE sku LIKE 'A%'", &["lines: sku(64)"]),
            ("SELECT 1 FROM `lines` WHERE sku LIKE '%A' OR id = 5", &[]),
            (
                "SELECT state, COUNT(*) FROM orders GROUP BY state",
                &["orders: state"],
            ),
            ("DELETE FROM orders WHERE state = 'old'", &["orders: state"]),
            (
                "UPDATE orders SET note = NULL WHERE placed BETWEEN '2020-01-01' AND '2021-01-01'",
                &["orders: placed"],
            ),
            ("SELECT * FROM orders WHERE id = 5", &[]),
            (
                "WITH orders AS (SELECT 1 AS customer) SELECT * FROM orders WHERE customer = 1",
                &[],
            ),
            ("SELECT * FROM elsewhere.orders WHERE customer = 1", &[]),
            (
                "SELECT id FROM orders WHERE customer IN (SELECT order_id FROM `lines` WHERE sku = 'a')",
                &["orders: customer", "lines: sku(64)"],
            ),
            (
                "SELECT id FROM orders WHERE (customer = 1 OR customer = 2)",
                &["orders: customer"],
            ),
        ];
        for (statement, wanted) in table {
            assert_eq!(tried(Family::Mysql, statement), wanted, "{statement}");
        }
    }

    #[test]
    fn names_are_as_the_server_folds_them() {
        let found = tried(
            Family::Postgres,
            "SELECT ID FROM Orders AS O WHERE o.Customer = $1 AND \"state\" = ANY($2)",
        );
        assert_eq!(found, ["orders: customer, state"]);
        assert!(tried(Family::Postgres, "SELECT id FROM \"Orders\" WHERE customer = 1").is_empty());
    }

    #[test]
    fn what_is_reached_well_needs_no_index() {
        let parsed =
            parse(Family::Mysql, "shop", "SELECT * FROM orders o WHERE customer = 7").expect("understood");
        let explained = |rows: f64, whole| Explained {
            accesses: vec![Access {
                table: "o".to_owned(),
                index: None,
                whole,
                rows,
            }],
            ..Explained::default()
        };
        let catalog = shop(Family::Mysql);
        assert!(candidates(&parsed, &catalog, Some(&explained(3.0, false))).is_empty());
        assert_eq!(
            candidates(&parsed, &catalog, Some(&explained(3.0, true))).len(),
            1
        );
        assert_eq!(
            candidates(&parsed, &catalog, Some(&explained(1e5, false))).len(),
            1
        );
        let mut small = shop(Family::Mysql);
        small
            .tables
            .values_mut()
            .for_each(|table| table.estimated_rows = 50);
        assert!(candidates(&parsed, &small, None).is_empty());
    }

    #[test]
    fn names_are_free_and_not_too_long() {
        let mut catalog = shop(Family::Postgres);
        let table = TableName::new("shop", "orders");
        let taken = |name: &str| TableIndex {
            table: table.clone(),
            name: name.to_owned(),
            columns: vec![None],
            plain: false,
            unique: false,
            needed: false,
            bytes: None,
            reads: None,
        };
        let columns = [("customer".to_owned(), None)];
        assert_eq!(super::name(&table, &columns, &catalog), "orders_customer_idx");
        catalog.indexes.push(taken("orders_customer_idx"));
        assert_eq!(super::name(&table, &columns, &catalog), "orders_customer_idx2");
        let long = super::name(&table, &[("ä".repeat(60), None)], &catalog);
        assert!(
            long.len() <= 63 && long.starts_with("orders_ä") && long.ends_with("_idx"),
            "{long}"
        );
    }
}
