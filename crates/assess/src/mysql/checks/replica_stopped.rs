//! What a replica has not applied it does not have: nothing may be decided by it.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.stopped",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replication that does not run",
        remedy: "mend what the error says and start it, or take the replica out of the estate",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stopped = facts
        .channels
        .known()?
        .iter()
        .filter(|channel| !channel.receives || !channel.applies);
    Ok(stopped
        .map(|channel| {
            let state = |runs: bool| if runs { "runs" } else { "does not run" };
            let error = channel
                .error
                .as_ref()
                .map_or_else(String::new, |error| format!("; last error: {error}"));
            Hit::new(
                channel.object(),
                format!(
                    "receiving {}, applying {}{error}",
                    state(channel.receives),
                    state(channel.applies)
                ),
            )
        })
        .collect())
}
