//! Aurora runs in UTC; time_zone in the parameter group counts for new connections (Aurora User Guide, "Local time zone
//! for Amazon Aurora DB clusters"). NOW(), TIMESTAMP columns as shown, and events depend on it.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.time_zone",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "R1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a time zone other than UTC",
        remedy: "set time_zone in the cluster parameter group to the name of the zone",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let zone = variables.get("time_zone").unwrap_or("SYSTEM");
    let system = variables.get("system_time_zone").unwrap_or_default();
    let utc = |zone: &str| ["UTC", "GMT", "+00:00", "Etc/UTC", ""].contains(&zone);
    let differs = if zone == "SYSTEM" {
        !utc(system)
    } else {
        !utc(zone)
    };
    Ok(differs
        .then(|| {
            Hit::new(
                "time_zone",
                format!("time_zone = {zone}, system_time_zone = {system}"),
            )
        })
        .into_iter()
        .collect())
}
