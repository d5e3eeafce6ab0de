//! With fsync or full_page_writes off a crash can damage data beyond repair (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.durability",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a server that does not wait for its disk",
        remedy: "turn it on, and compare the replicas: after a crash without it files may hold anything",
    },
    include_str!("parameter_durability.sql"),
);
