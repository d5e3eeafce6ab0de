//! Beyond max_slot_wal_keep_size, or unused for idle_replication_slot_timeout, a slot is invalidated (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.slot_limits",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "limits by which a slot is given up",
        remedy: "lift the limit until after the cut-over: a target that falls behind it must be loaded again",
    },
    include_str!("replication_slot_limits.sql"),
);
