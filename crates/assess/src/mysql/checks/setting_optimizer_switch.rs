//! What was switched off for one query of an old version makes others slow in a new one (MySQL manual, "Switchable
//! Optimizations").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.optimizer_switch",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "an optimizer that was told to leave things out",
        remedy: "look whether the reason is still there, and set optimizer_switch in the parameter group if so",
    },
    look,
};

/// Switches that are on by default in every version that has them.
const ON: [&str; 9] = [
    "index_merge",
    "index_merge_union",
    "engine_condition_pushdown",
    "index_condition_pushdown",
    "materialization",
    "semijoin",
    "loosescan",
    "firstmatch",
    "derived_merge",
];

fn look(facts: &Facts) -> Looked {
    let switches = facts
        .variables
        .known()?
        .get("optimizer_switch")
        .unwrap_or_default();
    let off: Vec<&str> = switches
        .split(',')
        .filter(|switch| ON.iter().any(|name| *switch == format!("{name}=off")))
        .collect();
    // MariaDB has pushed conditions down in another way since 10.1 and says so here.
    let off: Vec<&str> = off
        .into_iter()
        .filter(|switch| !facts.is_maria_db() || !switch.starts_with("engine_condition"))
        .collect();
    Ok((!off.is_empty())
        .then(|| Hit::new("optimizer_switch", off.join(", ")))
        .into_iter()
        .collect())
}
