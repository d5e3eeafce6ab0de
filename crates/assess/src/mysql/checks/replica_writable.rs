//! A write on a replica is in no other server (MySQL manual, "Server System Variables", read_only).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.writable",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "F6"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replicas that applications can write to",
        remedy: "set it read-only, and look by a data check whether it has parted from its source",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let writable = facts.is_replica()? && facts.variables.known()?.is_off("read_only");
    Ok(writable
        .then(|| {
            Hit::new("read_only", "it is OFF on a server that follows another")
                .mended_by("SET GLOBAL read_only = ON")
        })
        .into_iter()
        .collect())
}
