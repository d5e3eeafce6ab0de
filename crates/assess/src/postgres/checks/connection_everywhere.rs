//! A server that listens to everybody is tried by everybody.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.everywhere",
        engines: Engine::POSTGRESQL,
        rows: &["D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Audit,
        title: "lines of pg_hba.conf that are open to every address",
        remedy: "name the networks of the applications",
    },
    include_str!("connection_everywhere.sql"),
)
.needing(&[Need::AccessFile]);
