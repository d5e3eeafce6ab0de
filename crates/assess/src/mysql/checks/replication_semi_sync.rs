//! Aurora has no semi-synchronous replication by the binary log (MySQL manual, "Semisynchronous Replication").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replication.semi_sync",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4", "F14"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "commits that wait for a replica",
        remedy: "nothing on Aurora, where six copies are written in three zones; switch it off here before the replicas go, or commits wait for nobody",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let names = [
        "rpl_semi_sync_source_enabled",
        "rpl_semi_sync_master_enabled",
        "rpl_semi_sync_replica_enabled",
        "rpl_semi_sync_slave_enabled",
    ];
    Ok(names
        .into_iter()
        .filter(|name| variables.is_on(name))
        .map(|name| {
            Hit::new(
                name,
                "it is ON: commits wait for a replica, or this replica answers",
            )
        })
        .collect())
}
