//! With GTIDs a server finds its place behind any other after a failover (MySQL manual, "Changing GTID Mode on Online
//! Servers").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.gtid.off",
        engines: Engine::MYSQL,
        rows: &["P1", "P7", "D1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "replication without GTIDs",
        remedy: "from 5.7.6 on, switch them on while the server runs: OFF_PERMISSIVE, ON_PERMISSIVE, ON; before, all servers restart together",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let mode = facts
        .variables
        .known()?
        .get("gtid_mode")
        .filter(|mode| *mode != "ON");
    Ok(mode
        .map(|mode| {
            Hit::new(
                "gtid_mode",
                format!("it is {mode}: a follower knows its place by file and position alone"),
            )
        })
        .into_iter()
        .collect())
}
