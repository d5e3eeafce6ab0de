//! Side tables of a full-text index in the system tablespace stop an upgrade to 8.0 (Aurora precheck
//! `auroraUpgradeCheckForFtsSpaceIdZero`).

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.fulltext_shared",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "full-text side tables in the system tablespace",
        remedy: "rebuild the table with innodb_file_per_table = ON",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored = facts.stored.known()?;
    let owners: BTreeSet<u64> = stored
        .iter()
        .filter(|side| side.space == 0)
        .filter_map(|side| {
            let (_, name) = side.name.split_once('/')?;
            u64::from_str_radix(name.strip_prefix("FTS_")?.split('_').next()?, 16).ok()
        })
        .collect();
    Ok(stored
        .iter()
        .filter(|table| owners.contains(&table.id))
        .filter_map(|table| table.table())
        .map(|table| {
            let statement = format!("ALTER TABLE {} FORCE", quote::object(&table.schema, &table.name));
            Hit::new(
                table.to_string(),
                "side tables of its full-text index lie in space 0",
            )
            .mended_by(statement)
        })
        .collect())
}
