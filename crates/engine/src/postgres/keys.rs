//! Row keys in SQL: their order, their text, the condition that says which rows a range covers.
//!
//! Two servers may sort text differently (another C library, another ICU), so a range of text cut on one would cover other
//! rows on the other. Text is therefore ordered by its bytes, `COLLATE "C"`, everywhere; numbers and times by their own order.

use daybreak_model::{KeyBound, KeyPart, RowKey, RowRange, Table};

use super::quote;

/// Types whose own order is the same on every server.
const ORDERED: [&str; 18] = [
    "bigint",
    "bit varying",
    "boolean",
    "bytea",
    "cidr",
    "date",
    "double precision",
    "inet",
    "integer",
    "macaddr",
    "numeric",
    "oid",
    "pg_lsn",
    "real",
    "smallint",
    "timestamp with time zone",
    "timestamp without time zone",
    "uuid",
];

/// A column of a key as SQL needs it.
pub(crate) struct KeySql {
    /// The column, quoted.
    pub(crate) column: String,
    /// What ranges are compared and ordered by.
    pub(crate) order: String,
    /// The type a value is cast to.
    pub(crate) base_type: String,
    /// Whether `order` is the column itself, so that its index serves.
    pub(crate) native: bool,
    integer: bool,
}

impl KeySql {
    /// A value of this column as an operand of a comparison of its `order`.
    fn bound(&self, part: &KeyPart) -> String {
        if self.native {
            return self.value(part);
        }
        format!("{} COLLATE \"C\"", quote::literal(&text(part)))
    }

    /// A value of this column, of its own type.
    pub(crate) fn value(&self, part: &KeyPart) -> String {
        format!("{}::{}", quote::literal(&text(part)), self.base_type)
    }

    /// A value as the server printed it.
    pub(crate) fn part(&self, text: &str) -> KeyPart {
        match text.parse() {
            Ok(number) if self.integer => KeyPart::Integer(number),
            _ => KeyPart::Text(text.to_owned()),
        }
    }
}

fn text(part: &KeyPart) -> String {
    match part {
        KeyPart::Integer(number) => number.to_string(),
        KeyPart::Text(text) => text.clone(),
        KeyPart::Bytes(bytes) => bytes
            .iter()
            .fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

/// The columns of a table's key.
pub(crate) fn columns(table: &Table, key: &RowKey) -> Vec<KeySql> {
    key.columns
        .iter()
        .map(|column| {
            let base_type = table
                .columns
                .iter()
                .find(|candidate| candidate.name == column.name)
                .map_or("text", |candidate| candidate.base_type.as_str());
            let name = quote::identifier(&column.name);
            let native = ORDERED.contains(&base_type);
            KeySql {
                order: if native {
                    name.clone()
                } else {
                    format!("{name}::text COLLATE \"C\"")
                },
                column: name,
                base_type: base_type.to_owned(),
                native,
                integer: column.integer,
            }
        })
        .collect()
}

/// ` WHERE …` for the rows of a range; empty for all of them.
pub(crate) fn condition(table: &Table, range: &RowRange) -> String {
    match range {
        RowRange::Whole => String::new(),
        RowRange::Pages { from, to } => {
            let below = to.map_or_else(String::new, |to| format!(" AND ctid < '({to},0)'::tid"));
            format!(" WHERE ctid >= '({from},0)'::tid{below}")
        }
        RowRange::Keys(range) => {
            let Some(key) = &table.key else {
                return String::new();
            };
            let columns = columns(table, key);
            let after = range.after.as_ref().map(|bound| compare(&columns, ">", bound));
            let up_to = range.up_to.as_ref().map(|bound| compare(&columns, "<=", bound));
            let parts: Vec<_> = after.into_iter().chain(up_to).collect();
            if parts.is_empty() {
                String::new()
            } else {
                format!(" WHERE {}", parts.join(" AND "))
            }
        }
    }
}

/// `(a, b) > (1, 'x')`.
pub(crate) fn compare(columns: &[KeySql], operator: &str, bound: &KeyBound) -> String {
    let left: Vec<_> = columns.iter().map(|column| column.order.as_str()).collect();
    let right: Vec<_> = columns
        .iter()
        .zip(&bound.0)
        .map(|(column, part)| column.bound(part))
        .collect();
    format!("({}) {operator} ({})", left.join(", "), right.join(", "))
}

/// `(a, b) IN (VALUES …)`: the rows with one of these keys.
pub(crate) fn among(columns: &[KeySql], keys: &[&KeyBound]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.column.as_str()).collect();
    let row = |bound: &&KeyBound| {
        let parts = columns.iter().zip(&bound.0);
        let values: Vec<_> = parts.map(|(column, part)| column.value(part)).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = keys.iter().map(row).collect();
    // Of one column an array, which the index is searched with.
    let list = if names.len() == 1 { "" } else { "VALUES " };
    format!("({}) IN ({list}{})", names.join(", "), rows.join(", "))
}

/// `a, b` for ORDER BY.
pub(crate) fn order(columns: &[KeySql], direction: &str) -> String {
    let parts: Vec<_> = columns
        .iter()
        .map(|column| format!("{}{direction}", column.order))
        .collect();
    parts.join(", ")
}

/// `a::text, b::text` for SELECT. Each has a name that no column has: ORDER BY takes a bare name for an output's first.
pub(crate) fn texts(columns: &[KeySql]) -> String {
    let text = |(place, column): (usize, &KeySql)| format!("{}::text AS \"key part {place}\"", column.column);
    columns
        .iter()
        .enumerate()
        .map(text)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The key in the first columns of a row that selected [`texts`].
pub(crate) fn bound(columns: &[KeySql], row: &tokio_postgres::SimpleQueryRow) -> KeyBound {
    let part = |(index, column): (usize, &KeySql)| column.part(row.get(index).unwrap_or_default());
    KeyBound(columns.iter().enumerate().map(part).collect())
}

#[cfg(test)]
mod tests {
    use daybreak_model::{
        Column, KeyBound, KeyColumn, KeyPart, KeyRange, RowKey, RowRange, Table, TableName,
    };

    use super::condition;

    fn table() -> Table {
        let column = |name: &str, base_type: &str| Column {
            name: name.to_owned(),
            base_type: base_type.to_owned(),
            full_type: base_type.to_owned(),
            charset: None,
            nullable: false,
            generated: false,
        };
        let key = |name: &str, integer| KeyColumn {
            name: name.to_owned(),
            integer,
        };
        Table {
            name: TableName::new("s", "t"),
            columns: vec![column("a", "integer"), column("b", "text")],
            key: Some(RowKey {
                index: "t_pkey".to_owned(),
                columns: vec![key("a", true), key("b", false)],
            }),
            estimated_rows: 0,
            estimated_bytes: 0,
        }
    }

    #[test]
    fn ranges_order_text_by_its_bytes() {
        let bound = KeyBound(vec![KeyPart::Integer(7), KeyPart::Text("o'x".to_owned())]);
        let range = RowRange::Keys(KeyRange {
            after: Some(bound),
            up_to: None,
        });
        assert_eq!(
            condition(&table(), &range),
            r#" WHERE ("a", "b"::text COLLATE "C") > ('7'::integer, 'o''x' COLLATE "C")"#
        );
        assert_eq!(condition(&table(), &RowRange::Keys(KeyRange::default())), "");
        let pages = RowRange::Pages { from: 0, to: Some(9) };
        assert_eq!(
            condition(&table(), &pages),
            " WHERE ctid >= '(0,0)'::tid AND ctid < '(9,0)'::tid"
        );
    }
}
