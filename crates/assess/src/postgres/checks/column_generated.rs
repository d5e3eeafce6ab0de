//! A generated column is not replicated unless told to from PostgreSQL 18 on; the subscriber computes its own (manual,
//! "Generated Columns").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.generated",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "generated columns",
        remedy: "nothing: the target computes them itself; see that their functions give the same there (collation, time zone)",
    },
    include_str!("column_generated.sql"),
);
