//! A sequence that reaches its end refuses the next value, unless it may begin anew (manual, "CREATE SEQUENCE").

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.sequence.near_end",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "sequences near their end",
        remedy: "make the sequence and its column bigint before the move",
    },
    include_str!("sequence_near_end.sql"),
)
.needing(&[Need::Sequences]);
