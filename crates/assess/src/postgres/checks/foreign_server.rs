//! A foreign server names a host as seen from the server's machine (manual, "CREATE SERVER").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.foreign.server",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "foreign servers",
        remedy: "see that Aurora reaches it, and make server and user mappings there",
    },
    include_str!("foreign_server.sql"),
);
