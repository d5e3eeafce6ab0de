//! synchronous_standby_names makes a commit wait for standbys (manual); Aurora has no such setting.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.synchronous",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "commits that wait for standbys",
        remedy: "nothing replaces it on Aurora, where the storage itself is in three zones; on the way back home commits wait for the standbys again",
    },
    include_str!("replication_synchronous.sql"),
);
