//! utf8mb4_0900_ai_ci and its family came with 8.0.1 (MySQL manual, "Unicode Character Sets").

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.collation.newer_than_target",
        engines: Engine::MYSQL,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "collations that the target has not",
        remedy: "choose a newer target, or convert the table to utf8mb4_unicode_520_ci",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such =
        |collation: &str| facts.target.community < Version::new(8, 0, 1) && collation.contains("_0900_");
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
