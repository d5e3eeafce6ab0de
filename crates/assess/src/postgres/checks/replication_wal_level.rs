//! Logical replication reads a WAL of level logical (manual, "wal_level").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.wal_level",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "a write-ahead log that cannot be decoded",
        remedy: "raise wal_level and restart the server, in a maintenance window; or go without replication (replication.native = false)",
    },
    include_str!("replication_wal_level.sql"),
);
