//! REPLICA IDENTITY FULL writes the whole old row to the WAL, and the subscriber looks for an equal one (manual,
//! "Publication").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.identity_full",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables replicated by whole rows",
        remedy: "give it a key if it is changed often: without an index over the row, each UPDATE and DELETE reads the whole table on the target",
    },
    include_str!("table_identity_full.sql"),
);
