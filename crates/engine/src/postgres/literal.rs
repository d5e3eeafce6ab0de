//! Values of rows as literals, and the statements that repair rows with them.

use daybreak_model::{Column, KeyBound, Table};

use super::{keys, quote};
use crate::RowRepair;

/// What a session begins with that takes these literals as they are.
pub(crate) const PREAMBLE: [&str; 2] = [
    "SET TIME ZONE 'UTC'",
    "SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET standard_conforming_strings = on; SET lc_monetary = 'C'; \
     SET extra_float_digits = 3",
];

fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| !column.generated)
}

/// The list that reads each stored column as a literal: the value's text with the column's type.
pub(crate) fn expressions(table: &Table) -> String {
    let read = |column: &Column| {
        format!(
            "coalesce(quote_literal({}::text) || {}, 'NULL')",
            quote::identifier(&column.name),
            quote::literal(&format!("::{}", column.full_type))
        )
    };
    stored(table).map(read).collect::<Vec<_>>().join(", ")
}

/// The condition that holds for the row with exactly this key.
pub(crate) fn equals(table: &Table, bound: &KeyBound) -> String {
    let Some(key) = &table.key else {
        return "false".to_owned();
    };
    let columns = keys::columns(table, key);
    let terms: Vec<String> = columns
        .iter()
        .zip(&bound.0)
        .map(|(column, part)| format!("{} = {}", column.column, column.value(part)))
        .collect();
    terms.join(" AND ")
}

/// The statement that repairs one row; with `only`, of the table itself and of none that inherits from it, where the same key may stand.
pub(crate) fn repair(table: &Table, only: bool, bound: &KeyBound, repair: &RowRepair<'_>) -> String {
    let names: Vec<String> = stored(table)
        .map(|column| quote::identifier(&column.name))
        .collect();
    let into = quote::table(&table.name);
    let own = format!("{}{into}", if only { "ONLY " } else { "" });
    match repair {
        RowRepair::Insert(values) => format!(
            "INSERT INTO {into} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
            names.join(", "),
            values.join(", ")
        ),
        RowRepair::Update(values, places) => {
            let sets: Vec<String> = places
                .iter()
                .map(|&at| format!("{} = {}", names[at], values[at]))
                .collect();
            format!(
                "UPDATE {own} SET {} WHERE {}",
                sets.join(", "),
                equals(table, bound)
            )
        }
        RowRepair::Delete => format!("DELETE FROM {own} WHERE {}", equals(table, bound)),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyBound, KeyColumn, KeyPart, RowKey, Table, TableName};

    use super::repair;
    use crate::RowRepair;

    #[test]
    fn what_inherits_from_a_table_is_left_alone() {
        let table = Table {
            name: TableName::new("s", "t"),
            columns: Vec::new(),
            key: Some(RowKey {
                index: "t_pkey".to_owned(),
                columns: vec![KeyColumn {
                    name: "id".to_owned(),
                    integer: true,
                }],
            }),
            estimated_rows: 0,
            estimated_bytes: 0,
        };
        let bound = KeyBound(vec![KeyPart::Integer(5)]);
        let delete = |only| repair(&table, only, &bound, &RowRepair::Delete);
        assert!(delete(true).starts_with(r#"DELETE FROM ONLY "s"."t" WHERE "#));
        assert!(delete(false).starts_with(r#"DELETE FROM "s"."t" WHERE "#));
    }
}
