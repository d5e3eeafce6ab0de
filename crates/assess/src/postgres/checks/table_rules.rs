//! Rules rewrite statements, and replication carries rows: a rule fires on the side where the statement was given
//! (manual, "Rules on INSERT, UPDATE, and DELETE"; "ALTER TABLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.rules",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "rules on tables",
        remedy: "see that nothing depends on a rule firing for replicated rows: only those ENABLE ALWAYS or REPLICA do",
    },
    include_str!("table_rules.sql"),
);
