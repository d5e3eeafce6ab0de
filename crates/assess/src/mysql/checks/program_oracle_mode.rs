//! A body made under sql_mode = ORACLE is in PL/SQL, which MySQL does not read (MariaDB documentation,
//! "SQL_MODE=ORACLE").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.oracle_mode",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "routines, triggers and events in the language of Oracle",
        remedy: "write the body in the SQL of MySQL",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let oracle = facts
        .programs()?
        .filter(|program| program.sql_mode.split(',').any(|mode| mode == "ORACLE"));
    Ok(oracle
        .map(|program| Hit::new(program.object(), "it was made under sql_mode = ORACLE"))
        .collect())
}
