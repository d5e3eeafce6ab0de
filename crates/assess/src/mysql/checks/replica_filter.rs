//! A replica with filters is not a copy (MySQL manual, "How Servers Evaluate Replication Filtering Rules"). Aurora
//! MySQL 2 has no filters, 3 has them in the cluster parameter group.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.filter",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replicas that leave something out",
        remedy: "compare such a replica without what it leaves out, and do not load Aurora from it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let channels = facts.channels.known()?;
    Ok(channels
        .iter()
        .flat_map(|channel| {
            channel
                .filters
                .iter()
                .map(move |(name, value)| Hit::new(channel.object(), format!("{name} = {value}")))
        })
        .collect())
}
