//! Under MAXDB a TIMESTAMP column was a DATETIME (MySQL Shell, `maxdbSqlModeFlags`; Aurora precheck `maxdbFlagCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.sql_mode.maxdb",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "objects made under sql_mode MAXDB",
        remedy: "make the object again without the mode, and look whether its TIMESTAMPs were meant as DATETIMEs",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let made = facts
        .programs()?
        .filter(|program| program.sql_mode.split(',').any(|mode| mode == "MAXDB"));
    Ok(made
        .map(|program| Hit::new(program.object(), "it was made under sql_mode = MAXDB"))
        .collect())
}
