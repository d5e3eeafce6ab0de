//! Without it a chain ends here (MySQL manual, "Replica Server Options and Variables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.log_updates",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a replica that does not log what it applies",
        remedy: "switch log_replica_updates on and restart, if Aurora or a data check is to follow this server",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let off = ["log_replica_updates", "log_slave_updates"]
        .into_iter()
        .find(|name| variables.is_off(name));
    let follows = facts.is_replica()?;
    Ok(off
        .filter(|_| follows)
        .map(|name| Hit::new(name, "it is OFF on a server that follows another"))
        .into_iter()
        .collect())
}
