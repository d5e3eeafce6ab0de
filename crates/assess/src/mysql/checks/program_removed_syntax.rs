//! 8.0 removed the query cache, PROCEDURE ANALYSE and the forms of GRANT that made accounts (MySQL manual, "Changes in
//! MySQL 8.0"; Aurora precheck `depreciatedSyntaxCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::{has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.removed_syntax",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "routines, triggers, events and views with syntax that 8.0 has not",
        remedy: "take it out: each has no effect that is still wanted, or another statement in its place",
    },
    look,
};

const REMOVED: &[&[&str]] = &[
    &["SQL_CACHE"],
    &["SQL_NO_CACHE"],
    &["PROCEDURE", "ANALYSE"],
    &["FLUSH", "QUERY", "CACHE"],
    &["RESET", "QUERY", "CACHE"],
    &["QUERY_CACHE_TYPE"],
    &["@@tx_isolation"],
    &["TX_ISOLATION"],
    &["TX_READ_ONLY"],
    &["OLD_PASSWORDS"],
    &["IDENTIFIED", "BY", "PASSWORD"],
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
