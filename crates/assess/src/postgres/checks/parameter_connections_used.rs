//! Beyond max_connections, less those kept for superusers, the server refuses new sessions (manual, "max_connections").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.connections_used",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a server that is short of connections",
        remedy: "put a pooler between, or raise max_connections: Daybreak needs a few, and so does replication",
    },
    include_str!("parameter_connections_used.sql"),
);
