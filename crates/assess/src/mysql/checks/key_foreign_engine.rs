//! A key between engines is not held by either (MySQL Shell, `invalidEngineForeignKey`).

use std::collections::BTreeMap;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Table};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.key.foreign_engine",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "foreign keys to a table of another engine",
        remedy: "convert the parent to InnoDB, or drop the key",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let other: BTreeMap<&TableName, &Table> = facts
        .base_tables()?
        .filter(|table| !table.engine.is_empty() && table.engine != "InnoDB")
        .map(|table| (&table.name, table))
        .collect();
    Ok(facts
        .foreign_keys
        .known()?
        .iter()
        .filter_map(|key| {
            let parent = other.get(&key.parent)?;
            let evidence = format!("its parent {} is of the engine {}", key.parent, parent.engine);
            Some(Hit::new(key.object(), evidence).mended_by(parent.alter("ENGINE = InnoDB")))
        })
        .collect())
}
