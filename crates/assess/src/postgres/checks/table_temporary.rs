//! Temporary tables belong to a session (manual, "CREATE TABLE"); none is carried over.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.temporary",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D5"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "temporary tables in use",
        remedy: "see that the application makes them anew when it connects again: they end with the session, at the cut-over at the latest",
    },
    include_str!("table_temporary.sql"),
);
