//! At an age of about two thousand million the server refuses writes (manual, "Preventing Transaction ID Wraparound
//! Failures").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.transaction.wraparound",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "databases near the end of their transaction ids",
        remedy: "vacuum the tables that hold it back, in a quiet hour, before the load",
    },
    include_str!("transaction_wraparound.sql"),
);
