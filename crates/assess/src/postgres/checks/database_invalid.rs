//! A DROP DATABASE that was interrupted marks the database invalid, datconnlimit = -2 (manual, "pg_database").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.invalid",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "databases that a DROP DATABASE left half done",
        remedy: "drop it for good: nobody can connect to it, and no upgrade in place goes on while it is there",
    },
    include_str!("database_invalid.sql"),
);
