//! The scheduler is a parameter of the cluster (Aurora User Guide, "Aurora MySQL parameters"). An event that is enabled
//! while the scheduler is off here begins to run where it is on.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.event.scheduler",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "F8"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "events that are enabled while the scheduler is off",
        remedy: "set event_scheduler in the cluster parameter group to what is wanted after the cut-over",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let enabled = facts
        .events
        .known()?
        .iter()
        .filter(|event| event.state == "ENABLED")
        .count();
    let scheduler = facts.variables.known()?.get("event_scheduler").unwrap_or("OFF");
    let silent = enabled > 0 && scheduler != "ON";
    Ok(silent.then(|| {
        Hit::new("event_scheduler", format!("it is {scheduler}, and {enabled} events are enabled: they do not run here, and would on Aurora with the scheduler on"))
    }).into_iter().collect())
}
