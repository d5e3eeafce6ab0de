//! Who may connect in the clear sooner or later does (manual, "The pg_hba.conf File").

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.tls_not_required",
        engines: Engine::POSTGRESQL,
        rows: &["D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Audit,
        title: "lines of pg_hba.conf that take connections without TLS from elsewhere",
        remedy: "write hostssl instead of host",
    },
    include_str!("connection_tls_not_required.sql"),
)
.needing(&[Need::AccessFile]);
