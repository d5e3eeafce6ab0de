//! Transaction ids wrap around; a table must be frozen before (manual, "Preventing Transaction ID Wraparound
//! Failures"). By default autovacuum freezes from an age of 200 million on.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.wraparound",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "tables that were not frozen for long",
        remedy: "freeze it now, in a quiet hour: at about two thousand million transactions the server refuses writes",
    },
    include_str!("table_wraparound.sql"),
);
