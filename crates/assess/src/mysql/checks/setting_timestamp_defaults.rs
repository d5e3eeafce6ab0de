//! With it off, the first TIMESTAMP of a table that says nothing becomes NOT NULL and updates itself; it is on by
//! default since 8.0.2 (MySQL manual, "Server System Variables"; MySQL Shell, `sysVarsNewDefaults`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.timestamp_defaults",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 2),
        title: "TIMESTAMP columns that update themselves unless told otherwise",
        remedy: "set explicit_defaults_for_timestamp = 0 in the parameter group while schema changes of the applications count on it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let off = facts.variables.known()?.is_off("explicit_defaults_for_timestamp");
    Ok(off
        .then(|| {
            Hit::new(
                "explicit_defaults_for_timestamp",
                "it is OFF, and ON by default there",
            )
        })
        .into_iter()
        .collect())
}
