//! A prepared transaction stays until somebody ends it (manual, "PREPARE TRANSACTION").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.transaction.prepared",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4", "F6"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "prepared transactions",
        remedy: "end it: neither a snapshot nor a new slot comes about before it has ended, and it outlives every session",
    },
    include_str!("transaction_prepared.sql"),
);
