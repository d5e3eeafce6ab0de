//! What is not logged is never replicated, and nothing says so (MySQL manual, "Evaluation of Database-Level Replication
//! and Binary Logging Options").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.filter",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "databases that the binary log leaves out",
        remedy: "take the filter away and restart, or move these databases by a dump in the downtime",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let mut hits = Vec::new();
    for (only, never) in facts.logged.known()? {
        if !only.is_empty() {
            hits.push(Hit::new(
                "binlog_do_db",
                format!("changes of no database but {only} are logged"),
            ));
        }
        if !never.is_empty() {
            hits.push(Hit::new(
                "binlog_ignore_db",
                format!("changes of {never} are not logged"),
            ));
        }
    }
    Ok(hits)
}
