//! MySQL has no sequences (MariaDB documentation, "CREATE SEQUENCE").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.mariadb.sequence",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "sequences",
        remedy: "count by an AUTO_INCREMENT column or a table of counters, and change the applications",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let sequences = facts
        .tables
        .known()?
        .iter()
        .filter(|table| table.kind == "SEQUENCE");
    Ok(sequences
        .map(|table| Hit::new(table.name.to_string(), "a sequence"))
        .collect())
}
