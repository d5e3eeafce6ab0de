//! Connections without TLS are readable on the way; newer Aurora clusters refuse them by default, rds.force_ssl = 1
//! (Aurora User Guide, "Securing Aurora PostgreSQL data with SSL/TLS").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.tls_off",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a server without TLS",
        remedy: "turn it on before the move: replication crosses networks, and a new cluster of version 15 or later refuses connections without",
    },
    include_str!("connection_tls_off.sql"),
);
