//! On Aurora nobody is a superuser (Aurora User Guide, "Understanding PostgreSQL roles and permissions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.object.superuser_owned",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "objects owned by superusers",
        remedy: "give them to a role that is none: what its owner was allowed as a superuser, it is not on Aurora",
    },
    include_str!("object_superuser_owned.sql"),
);
