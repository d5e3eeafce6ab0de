//! Aurora stores tables in InnoDB alone (Aurora User Guide, "Migrating data to an Amazon Aurora MySQL DB cluster").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.engine",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables of a storage engine other than InnoDB",
        remedy: "convert the table to InnoDB, at a time when it may be locked",
    },
    look,
};

/// Engines whose rows lie in their own tables: rebuilding them as InnoDB keeps the rows.
const LOCAL: [&str; 6] = ["MyISAM", "MEMORY", "ARCHIVE", "CSV", "Aria", "RocksDB"];

fn look(facts: &Facts) -> Looked {
    let other = facts.base_tables()?.filter(|table| {
        LOCAL
            .iter()
            .any(|engine| table.engine.eq_ignore_ascii_case(engine))
    });
    Ok(other
        .map(|table| {
            let evidence = match table.engine.as_str() {
                "MEMORY" => "ENGINE = MEMORY: its rows vanish with every restart".to_owned(),
                engine => format!(
                    "ENGINE = {engine}: its rows are in no transaction, and Aurora has no such engine"
                ),
            };
            Hit::new(table.name.to_string(), evidence).mended_by(table.alter("ENGINE = InnoDB"))
        })
        .collect())
}
