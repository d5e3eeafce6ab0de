//! array_append, array_cat, array_position and others take anycompatible types since PostgreSQL 14; what was made with
//! anyarray cannot be made there (release notes, "Migration").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.aggregate.array",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(14, 0, 0),
        title: "aggregates and operators over anyarray functions that PostgreSQL 14 changed",
        remedy: "drop it before the move, and make it anew on the target with anycompatiblearray",
    },
    include_str!("aggregate_array.sql"),
);
