//! A user mapping may hold a password (manual, "CREATE USER MAPPING").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.foreign.user_mapping",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "user mappings of foreign servers",
        remedy: "make it on the target with its password: only the role itself and the server's owner may read that",
    },
    include_str!("foreign_user_mapping.sql"),
);
