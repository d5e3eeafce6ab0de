//! CONNECTION LIMIT holds for one database (manual, "CREATE DATABASE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.connection_limit",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "databases with a limit of connections",
        remedy: "set the same limit on the target, or none",
    },
    include_str!("database_connection_limit.sql"),
);
