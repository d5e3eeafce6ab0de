//! Before PostgreSQL 10 a view or table made from bare literals got columns of type unknown, which no later server
//! makes, and pg_upgrade refuses (release notes of 10).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.unknown_type",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "columns of type unknown",
        remedy: "give it the type text: no server later than 9.6 makes such a column",
    },
    include_str!("column_unknown_type.sql"),
);
