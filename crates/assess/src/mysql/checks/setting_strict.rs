//! What is taken with a warning here is refused there: rows too large, row formats that do not fit (MySQL manual,
//! "InnoDB Strict Mode"). On since 5.7.7.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.strict",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "InnoDB not strict with options and row sizes",
        remedy: "load the schema under innodb_strict_mode = ON on a copy, and mend what it refuses",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let off = facts.variables.known()?.is_off("innodb_strict_mode");
    Ok(off
        .then(|| Hit::new("innodb_strict_mode", "it is OFF, and ON by default there"))
        .into_iter()
        .collect())
}
