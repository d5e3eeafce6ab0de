//! With the binary log on, a function that declares none of the three is refused with 1418 (MySQL manual, "Stored
//! Program Binary Logging").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.routine.not_deterministic",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "functions that do not say what they do",
        remedy: "set log_bin_trust_function_creators = 1 in the parameter group, or declare the function DETERMINISTIC, NO SQL or READS SQL DATA where that is so",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let silent = facts.routines.known()?.iter().filter(|routine| {
        routine.word == "FUNCTION"
            && routine.state.is_empty()
            && !["NO SQL", "READS SQL DATA"].contains(&routine.detail.as_str())
    });
    Ok(silent
        .map(|routine| Hit::new(routine.object(), format!("NOT DETERMINISTIC, {}", routine.detail)))
        .collect())
}
