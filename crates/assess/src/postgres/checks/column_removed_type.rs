//! abstime, reltime and tinterval are gone since PostgreSQL 12 (release notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.removed_type",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(12, 0, 0),
        title: "columns of a type that PostgreSQL 12 took away",
        remedy: "change the type before the move: timestamptz for abstime, interval for reltime, tstzrange for tinterval",
    },
    include_str!("column_removed_type.sql"),
);
