//! utf8mb3 is deprecated (MySQL manual, "The utf8mb3 Character Set"; MySQL Shell, `utf8mb3`; Aurora precheck
//! `utf8mb3Check`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.charset.utf8mb3",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "text in utf8mb3",
        remedy: "convert to utf8mb4 when there is time for it: utf8mb3 will go, and holds no emoji",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| collation.starts_with("utf8_") || collation.starts_with("utf8mb3_");
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
