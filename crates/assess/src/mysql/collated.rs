//! What carries a collation: databases and tables by default, columns with one of their own.

use std::collections::BTreeSet;

use daybreak_model::TableName;

use crate::hit::{Hit, Looked};
use crate::mysql::facts::Facts;

/// Every database, table and column of the application's whose collation is such a one.
pub(crate) fn of_collation(facts: &Facts, is_such: impl Fn(&str) -> bool) -> Looked {
    let schemas = facts
        .application_schemas()?
        .filter(|schema| is_such(&schema.collation));
    let schemas = schemas.map(|schema| {
        Hit::new(
            schema.name.clone(),
            format!("its default collation is {}", schema.collation),
        )
    });
    let tables = facts.base_tables()?.filter(|table| is_such(&table.collation));
    let tables = tables.map(|table| {
        Hit::new(
            table.name.to_string(),
            format!("its default collation is {}", table.collation),
        )
    });
    // A column that only follows its table needs no word of its own.
    let said: BTreeSet<&TableName> = facts
        .base_tables()?
        .filter(|table| is_such(&table.collation))
        .map(|table| &table.name)
        .collect();
    let columns = facts
        .base_columns()?
        .filter(|column| is_such(&column.collation) && !said.contains(&column.table));
    let columns =
        columns.map(|column| Hit::new(column.object(), format!("its collation is {}", column.collation)));
    Ok(schemas.chain(tables).chain(columns).collect())
}
