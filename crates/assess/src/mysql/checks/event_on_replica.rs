//! An event that replication brought is disabled on a replica; one that was enabled there writes by itself, and the
//! data part (MySQL manual, "Replication of Invoked Features").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.event.on_replica",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "events that are enabled on a replica",
        remedy: "disable the event on the replica: what it writes is in no other server",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    if !facts.is_replica()? {
        return Ok(Vec::new());
    }
    let enabled = facts
        .events
        .known()?
        .iter()
        .filter(|event| event.state == "ENABLED");
    Ok(enabled
        .map(|event| {
            let statement = format!("ALTER EVENT {} DISABLE ON SLAVE", event.quoted());
            Hit::new(event.object(), "it is enabled on a server that follows another").mended_by(statement)
        })
        .collect())
}
