//! A foreign table has no rows of its own, and none are replicated (manual, "Foreign Data").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.foreign",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "foreign tables",
        remedy: "make it anew on Aurora, with a server that Aurora reaches; its rows stay where they are",
    },
    include_str!("table_foreign.sql"),
);
