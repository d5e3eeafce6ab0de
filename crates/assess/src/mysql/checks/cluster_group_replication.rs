//! Aurora cannot be a member of a group (Aurora User Guide, "Comparing Aurora MySQL version 2 and MySQL 5.7 Community
//! Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.cluster.group_replication",
        engines: Engine::MYSQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a member of a replication group",
        remedy: "let Aurora follow one member by a channel of its own, and take the group's writes to one member for the cut-over",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let name = facts
        .variables
        .known()?
        .get("group_replication_group_name")
        .filter(|name| !name.is_empty());
    Ok(name
        .map(|name| Hit::new("group_replication", format!("it belongs to the group {name}")))
        .into_iter()
        .collect())
}
