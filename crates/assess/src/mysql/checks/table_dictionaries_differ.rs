//! Before 8.0 a table is described twice, in its .frm file and in InnoDB. Where the two do not agree an upgrade stops
//! (MySQL Shell, `schemaInconsistency`; Aurora prechecks `schemaInconsistencyCheck`, `getMismatchedMetadata`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.dictionaries_differ",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "tables that only one of the two dictionaries has",
        remedy: "find out which side is right: restore the missing file from a backup, or drop the orphan by a table of the same name",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored: BTreeSet<TableName> = facts
        .stored
        .known()?
        .iter()
        .filter_map(|stored| stored.partitioned().or_else(|| stored.table()))
        .collect();
    let listed: BTreeSet<&TableName> = facts.tables.known()?.iter().map(|table| &table.name).collect();
    let ours = |table: &&TableName| {
        !["mysql", "sys"].contains(&table.schema.as_str())
            && !table.name.starts_with("FTS_")
            && !table.name.starts_with("#sql")
    };
    // A name with characters beyond ASCII may be written in more than one way.
    let plain = |table: &&TableName| !table.name.contains('@') && !table.name.starts_with('#');
    let orphans = stored
        .iter()
        .filter(ours)
        .filter(plain)
        .filter(|table| !listed.contains(*table));
    let orphans = orphans.map(|table| {
        Hit::new(
            table.to_string(),
            "InnoDB has it, and the server has no .frm file of it",
        )
    });
    let unbacked = facts
        .base_tables()?
        .filter(|table| table.engine.is_empty() && !stored.contains(&table.name));
    let unbacked = unbacked.map(|table| {
        Hit::new(
            table.name.to_string(),
            format!("the server lists it and cannot open it: {}", table.comment),
        )
    });
    Ok(orphans.chain(unbacked).collect())
}
