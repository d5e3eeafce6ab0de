//! SLAVESIDE_DISABLED is left over from when this server was a replica: the event runs nowhere (MySQL manual,
//! "Replication of Invoked Features").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.event.disabled_by_replication",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "F8"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "events that replication disabled on a server that follows nobody",
        remedy: "enable the event, or drop it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    if facts.is_replica()? {
        return Ok(Vec::new());
    }
    let left = facts
        .events
        .known()?
        .iter()
        .filter(|event| event.state.contains("SIDE_DISABLED"));
    Ok(left
        .map(|event| {
            Hit::new(
                event.object(),
                format!("it is {}, and this server is no replica", event.state),
            )
            .mended_by(format!("ALTER EVENT {} ENABLE", event.quoted()))
        })
        .collect())
}
