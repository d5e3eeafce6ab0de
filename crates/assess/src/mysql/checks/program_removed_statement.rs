//! 8.4 removed the old words of replication (MySQL manual, "Changes in MySQL 8.4").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::{has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.removed_statement",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 4, 0),
        title: "routines and events with statements that 8.4 has not",
        remedy: "write it with the words of today: CHANGE REPLICATION SOURCE TO, SHOW REPLICA STATUS, SHOW BINARY LOG STATUS",
    },
    look,
};

const REMOVED: &[&[&str]] = &[
    &["CHANGE", "MASTER"],
    &["START", "SLAVE"],
    &["STOP", "SLAVE"],
    &["RESET", "SLAVE"],
    &["RESET", "MASTER"],
    &["SHOW", "SLAVE"],
    &["SHOW", "MASTER"],
    &["PURGE", "MASTER"],
    &["SHOW", "NEW", "MASTER"],
    &["WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS"],
    &["MASTER_POS_WAIT"],
];

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .programs()?
        .filter_map(|program| {
            let words = words(&program.body);
            let run = REMOVED.iter().find(|run| has_run(&words, run))?;
            Some(Hit::new(program.object(), format!("it says {}", run.join(" "))))
        })
        .collect())
}
