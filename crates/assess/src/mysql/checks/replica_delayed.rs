//! MySQL manual, "Delayed Replication".

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.delayed",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "replicas that stay behind on purpose",
        remedy: "leave it out of checks and of the load, or take the delay away for the time of the move",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let delayed = facts.channels.known()?.iter().filter(|channel| channel.delay > 0);
    Ok(delayed
        .map(|channel| Hit::new(channel.object(), format!("it stays {} s behind", channel.delay)))
        .collect())
}
