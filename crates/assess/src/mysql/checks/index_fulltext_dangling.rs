//! After its last full-text index is dropped a table keeps a hidden column and side tables, at which an upgrade to 8.0
//! can stop (Aurora precheck `auroraGetDanglingFulltextIndex`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.fulltext_dangling",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "what dropped full-text indexes left behind",
        remedy: "rebuild the table, which drops the hidden column and the side tables",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored = facts.stored.known()?;
    let searched: BTreeSet<&TableName> = facts
        .indexes
        .known()?
        .iter()
        .filter(|index| index.kind == "FULLTEXT")
        .map(|index| &index.table)
        .collect();
    // shop/FTS_000000000000003a_CONFIG belongs to the table with this id.
    let owners: BTreeSet<u64> = stored
        .iter()
        .filter_map(|side| {
            let (_, name) = side.name.split_once('/')?;
            u64::from_str_radix(name.strip_prefix("FTS_")?.split('_').next()?, 16).ok()
        })
        .collect();
    Ok(stored
        .iter()
        .filter(|table| owners.contains(&table.id))
        .filter_map(|table| table.table())
        .filter(|table| !searched.contains(table))
        .map(|table| {
            let statement = format!("ALTER TABLE {} FORCE", quote::object(&table.schema, &table.name));
            Hit::new(
                table.to_string(),
                "it has side tables of a full-text index and no such index",
            )
            .mended_by(statement)
        })
        .collect())
}
