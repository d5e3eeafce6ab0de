//! With REPLICA IDENTITY NOTHING a published table refuses UPDATE and DELETE (manual, "Publication").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.identity_nothing",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "tables that say they have no replica identity",
        remedy: "give it a replica identity again: as soon as it is published, UPDATE and DELETE are refused on the source itself",
    },
    include_str!("table_identity_nothing.sql"),
);
