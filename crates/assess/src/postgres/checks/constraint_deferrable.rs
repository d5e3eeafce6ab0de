//! A deferrable constraint may be broken within a transaction (manual, "SET CONSTRAINTS").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.constraint.deferrable",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "constraints that are deferrable",
        remedy: "nothing, where transactions that defer them are short: replication applies a transaction as it was made",
    },
    include_str!("constraint_deferrable.sql"),
);
