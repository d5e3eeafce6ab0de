//! A skipped error is a row that differs from then on (MySQL manual, "Replica Server Options and Variables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.skips_errors",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replication that goes on over errors",
        remedy: "take the setting away, and look by a data check what has parted",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let skipped = variables
        .any(&["replica_skip_errors", "slave_skip_errors"])
        .filter(|(_, value)| *value != "OFF" && !value.is_empty());
    let lenient = variables
        .any(&["replica_exec_mode", "slave_exec_mode"])
        .filter(|(_, value)| *value != "STRICT");
    Ok(skipped
        .into_iter()
        .chain(lenient)
        .map(|(name, value)| {
            Hit::new(
                name,
                format!("it is {value}: what does not fit is passed over without a word"),
            )
        })
        .collect())
}
