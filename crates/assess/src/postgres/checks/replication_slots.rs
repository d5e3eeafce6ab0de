//! A subscriber and a follower of changes hold a slot each on their publisher (manual, "max_replication_slots").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.slots",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "too few replication slots left",
        remedy: "raise max_replication_slots and restart the server, or drop a slot that nobody uses",
    },
    include_str!("replication_slots.sql"),
);
