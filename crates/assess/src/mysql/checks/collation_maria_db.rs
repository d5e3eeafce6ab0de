//! NOPAD collations and some national ones are MariaDB's own (MariaDB documentation, "Supported Character Sets and
//! Collations").

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.collation.maria_db",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "collations that MySQL has not",
        remedy: "convert the table to a collation that MySQL has, and look for keys that are equal then",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| {
        collation.contains("nopad")
            || collation.contains("_thai_520_w2")
            || collation.contains("croatian_mysql561")
            || collation.contains("_myanmar_")
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
