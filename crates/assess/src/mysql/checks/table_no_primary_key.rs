//! Replication finds each changed row of such a table by reading all of it, and a data check cannot name its rows
//! (MySQL manual, "Replication and Primary Keys"; Aurora User Guide, "Optimizing binary log replication").

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.no_primary_key",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "tables without a primary key",
        remedy: "add a primary key; an AUTO_INCREMENT column that nobody selects does",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let indexes = facts.indexes.known()?;
    let keyed: BTreeSet<&TableName> = indexes
        .iter()
        .filter(|index| index.name == "PRIMARY")
        .map(|index| &index.table)
        .collect();
    let unique: BTreeSet<&TableName> = indexes
        .iter()
        .filter(|index| index.unique)
        .map(|index| &index.table)
        .collect();
    Ok(facts
        .base_tables()?
        .filter(|table| !keyed.contains(&table.name))
        .map(|table| {
            let other = if unique.contains(&table.name) {
                "it has a unique key, but no primary one"
            } else {
                "it has no unique key at all"
            };
            let evidence = format!("{other}; {} MiB", table.bytes >> 20);
            let add = "ADD COLUMN daybreak_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY";
            Hit::new(table.name.to_string(), evidence).mended_by(table.alter(add))
        })
        .collect())
}
