//! MariaDB documentation, "Incompatibilities and Feature Differences Between MariaDB and MySQL".

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::{has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.maria_db_syntax",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "routines, triggers and events in syntax that MySQL has not",
        remedy: "write it with PREPARE and EXECUTE, WHILE, CURSOR and SELECT as MySQL knows them",
    },
    look,
};

const ONLY_THERE: &[&[&str]] = &[
    &["EXECUTE", "IMMEDIATE"],
    &["RETURNING"],
    &["ELSIF"],
    &["SET", "STATEMENT"],
    &["NOT", "ATOMIC"],
    &["NEXT", "VALUE", "FOR"],
    &["PREVIOUS", "VALUE", "FOR"],
    &["FOR", "SYSTEM_TIME"],
    &["OR", "REPLACE", "TABLE"],
    &["TYPE", "OF"],
    &["ROW", "TYPE", "OF"],
];

fn look(facts: &Facts) -> Looked {
    let written = facts.programs()?;
    Ok(written
        .filter_map(|program| {
            let words = words(&program.body);
            let run = ONLY_THERE
                .iter()
                .find(|run| has_run(&words, run))
                .map(|run| run.join(" "));
            let counted = words
                .windows(3)
                .any(|three| three[0].is("FOR") && three[2].is("IN"))
                .then(|| "FOR … IN".to_owned());
            Some(Hit::new(
                program.object(),
                format!("it says {}", run.or(counted)?),
            ))
        })
        .collect())
}
