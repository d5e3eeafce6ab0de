//! The sequence behind a column may count further than the column's type goes: then INSERT fails (manual, "Serial
//! Types").

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.key_end",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "columns that will soon be too small for their sequence",
        remedy: "make the column bigint before the move; on a large table by a second column that is filled bit by bit",
    },
    include_str!("column_key_end.sql"),
)
.needing(&[Need::Sequences]);
