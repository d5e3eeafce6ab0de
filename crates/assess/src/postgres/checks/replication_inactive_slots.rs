//! The server keeps all WAL that a slot has not seen (manual, "Replication Slots").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.inactive_slots",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "replication slots that nobody reads",
        remedy: "drop it if its reader is gone for good: it keeps the WAL, until the disk is full",
    },
    include_str!("replication_inactive_slots.sql"),
);
