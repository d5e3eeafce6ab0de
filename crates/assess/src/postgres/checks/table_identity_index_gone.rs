//! Dropping the index of REPLICA IDENTITY USING INDEX leaves the table with none, as if NOTHING were set (manual,
//! "ALTER TABLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.identity_index_gone",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "tables whose replica identity is an index that is gone",
        remedy: "name another index or the whole row: as soon as it is published, UPDATE and DELETE are refused on the source itself",
    },
    include_str!("table_identity_index_gone.sql"),
);
