//! PostgreSQL 15 took CREATE on the schema public away from everybody (release notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.schema.public_create",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "everybody may make objects in the schema public",
        remedy: "grant CREATE to those roles that need it: databases made on PostgreSQL 15 or later give it to nobody but the owner",
    },
    include_str!("schema_public_create.sql"),
);
