//! Every standby, subscriber and base backup holds a process that sends (manual, "max_wal_senders").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.senders",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "too few processes that send the WAL left",
        remedy: "raise max_wal_senders and restart the server",
    },
    include_str!("replication_senders.sql"),
);
