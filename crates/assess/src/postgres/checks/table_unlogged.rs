//! Unlogged tables are not replicated, and on Aurora they exist on the writer alone (Aurora User Guide, "Using unlogged
//! tables").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.unlogged",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "unlogged tables",
        remedy: "make the table logged, or take its rows over by hand at the cut-over",
    },
    include_str!("table_unlogged.sql"),
);
