//! MySQL manual, "Server System Variables". Of wait_timeout and interactive_timeout Aurora takes the smaller for all
//! sessions.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.timeouts",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "timeouts other than the default",
        remedy: "set them in the parameter group where the applications count on them",
    },
    look,
};

const DEFAULTS: [(&str, u64); 7] = [
    ("wait_timeout", 28_800),
    ("interactive_timeout", 28_800),
    ("net_read_timeout", 30),
    ("net_write_timeout", 60),
    ("connect_timeout", 10),
    ("innodb_lock_wait_timeout", 50),
    ("max_execution_time", 0),
];

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    Ok(DEFAULTS
        .iter()
        .filter_map(|(name, default)| {
            let value = variables.number(name).filter(|value| value != default)?;
            Some(Hit::new(
                *name,
                format!("it is {value}, and {default} by default"),
            ))
        })
        .collect())
}
