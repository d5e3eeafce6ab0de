//! ALTER DEFAULT PRIVILEGES says who may use what a role makes later (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.schema.default_privileges",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "default privileges",
        remedy: "see that the target has them, too: objects made later get their rights from them",
    },
    include_str!("schema_default_privileges.sql"),
);
