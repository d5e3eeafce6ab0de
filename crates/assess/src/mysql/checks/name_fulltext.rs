//! 8.0.11 to 8.0.17 take tables named `FTS_…` for side tables of full-text indexes (MySQL Shell, `ftsInTablename`). No
//! Aurora line is that old: it matters where the server itself is upgraded first.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.fulltext",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "tables named like those of full-text indexes",
        remedy: "give the table another name before an upgrade in place",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let named = facts
        .base_tables()?
        .filter(|table| table.name.name.to_uppercase().starts_with("FTS_"));
    Ok(named
        .map(|table| Hit::new(table.name.to_string(), "its name begins with FTS_"))
        .collect())
}
