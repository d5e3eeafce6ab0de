//! Since 8.0 only InnoDB and NDB part tables (MySQL Shell, `nonNativePartitioning`; Aurora precheck
//! `nonNativePartitioningCheck`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.partition.not_native",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "partitions of an engine that cannot part tables itself",
        remedy: "convert the table to InnoDB, or take the partitions away",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let parted: BTreeSet<&TableName> = facts
        .partitions
        .known()?
        .iter()
        .map(|partition| &partition.table)
        .collect();
    let other = facts
        .base_tables()?
        .filter(|table| parted.contains(&table.name) && table.engine != "InnoDB");
    Ok(other
        .map(|table| {
            Hit::new(
                table.name.to_string(),
                format!("partitions of the engine {}", table.engine),
            )
            .mended_by(table.alter("ENGINE = InnoDB"))
        })
        .collect())
}
