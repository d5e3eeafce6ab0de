//! What is not logged cannot be looked up afterwards (MySQL manual, "The Slow Query Log").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.slow_log_off",
        engines: Engine::MYSQL_FAMILY,
        rows: &["D3"],
        severity: Severity::Note,
        crossing: Crossing::Audit,
        title: "a server that logs no slow statements",
        remedy: "turn it on: it is what one looks at first when something was slow last night",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let off = variables
        .get("slow_query_log")
        .is_some_and(|value| value == "OFF" || value == "0");
    let hit = || Hit::new("slow_query_log", "it is off").mended_by("SET GLOBAL slow_query_log = ON");
    Ok(off.then(hit).into_iter().collect())
}
