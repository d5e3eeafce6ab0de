//! An event runs wherever it is enabled: on both sides at once it writes twice (MySQL manual, "Using the Event
//! Scheduler").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.event.enabled",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2", "D4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "jobs that write on a schedule inside the server",
        remedy: "keep it disabled on Aurora until the cut-over, and enable it with event_scheduler = ON after it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let enabled = facts
        .events
        .known()?
        .iter()
        .filter(|event| event.state == "ENABLED");
    Ok(enabled
        .map(|event| {
            Hit::new(
                event.object(),
                format!("it is enabled, in the time zone {}", event.detail),
            )
        })
        .collect())
}
