//! A sequence with CYCLE hands values out again (manual, "CREATE SEQUENCE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.sequence.cycle",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "sequences that begin anew at their end",
        remedy: "see that nothing takes their values for unique: at the cut-over the target's are set ahead of the source's",
    },
    include_str!("sequence_cycle.sql"),
);
