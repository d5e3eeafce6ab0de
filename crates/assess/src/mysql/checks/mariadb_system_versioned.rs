//! MySQL has no system versioning (MariaDB documentation, "System-Versioned Tables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.mariadb.system_versioned",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "system-versioned tables",
        remedy: "keep the history in a table of its own by triggers, or leave it behind",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let versioned = facts
        .tables
        .known()?
        .iter()
        .filter(|table| table.kind == "SYSTEM VERSIONED");
    Ok(versioned
        .map(|table| {
            Hit::new(
                table.name.to_string(),
                "its old rows are kept and can be asked for",
            )
            .mended_by(table.alter("DROP SYSTEM VERSIONING"))
        })
        .collect())
}
