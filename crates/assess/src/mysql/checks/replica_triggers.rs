//! With slave_run_triggers_for_rbr the effect of a trigger can come twice (MariaDB documentation, "Running Triggers on
//! the Replica for Row-based Events").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.triggers",
        engines: Engine::MARIADB,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replicas that run triggers for rows that replication brings",
        remedy: "set it to NO unless the source logs without its triggers",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let value = facts
        .variables
        .known()?
        .get("slave_run_triggers_for_rbr")
        .filter(|value| *value != "NO");
    let triggers = facts.triggers.known()?.len();
    Ok(value
        .map(|value| {
            Hit::new(
                "slave_run_triggers_for_rbr",
                format!("it is {value}, and there are {triggers} triggers"),
            )
        })
        .into_iter()
        .collect())
}
