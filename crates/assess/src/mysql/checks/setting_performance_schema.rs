//! Without it nobody can say which tables and statements make the load (MySQL manual, "Performance Schema Quick
//! Start").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.performance_schema",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "performance_schema switched off",
        remedy: "switch it on and restart, if the load is to be measured before the move",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let off = facts.variables.known()?.is_off("performance_schema");
    Ok(off
        .then(|| {
            Hit::new(
                "performance_schema",
                "it is OFF: hot tables and slow statements cannot be seen",
            )
        })
        .into_iter()
        .collect())
}
