//! What needs SUPER, SYSTEM_VARIABLES_ADMIN or BINLOG_ADMIN is refused on Aurora with 1227 (Aurora User Guide,
//! "Security with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Kind};
use crate::mysql::words::{has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.administers",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "routines and events that administer the server",
        remedy: "use what Aurora has for it: parameter groups, mysql.rds_kill, mysql.rds_set_configuration; or leave it behind",
    },
    look,
};

const STATEMENTS: &[&[&str]] = &[
    &["SET", "GLOBAL"],
    &["SET", "PERSIST"],
    &["@@GLOBAL", "."],
    &["SQL_LOG_BIN"],
    &["PURGE", "BINARY"],
    &["FLUSH", "LOGS"],
    &["INSTALL", "PLUGIN"],
    &["UNINSTALL", "PLUGIN"],
    &["CHANGE", "REPLICATION"],
    &["CHANGE", "MASTER"],
    &["START", "REPLICA"],
    &["STOP", "REPLICA"],
    &["START", "SLAVE"],
    &["STOP", "SLAVE"],
    &["KILL"],
    &["SHUTDOWN"],
];

fn look(facts: &Facts) -> Looked {
    let written = facts.programs()?.filter(|program| program.kind != Kind::View);
    Ok(written
        .filter_map(|program| {
            let words = words(&program.body);
            let run = STATEMENTS.iter().find(|run| has_run(&words, run))?;
            Some(Hit::new(program.object(), format!("it says {}", run.join(" "))))
        })
        .collect())
}
