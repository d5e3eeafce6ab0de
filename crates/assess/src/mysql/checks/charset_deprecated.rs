//! ucs2, macroman, macce, dec8 and hp8 are deprecated since 8.0.28 (MySQL manual, "Changes in MySQL 8.0").

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.charset.deprecated",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 28),
        title: "text in character sets that will go",
        remedy: "convert to utf8mb4",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| {
        ["ucs2_", "macroman_", "macce_", "dec8_", "hp8_"]
            .iter()
            .any(|start| collation.starts_with(start))
    };
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
