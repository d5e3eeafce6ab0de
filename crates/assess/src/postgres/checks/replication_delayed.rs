//! recovery_min_apply_delay keeps a standby behind (manual); Aurora's readers share the writer's volume.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.delayed",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "standbys that are held back on purpose",
        remedy: "use backtracking by snapshots (restore to a point in time) on Aurora: no reader there is held back",
    },
    include_str!("replication_delayed.sql"),
);
