//! Aurora gives SUPERUSER to nobody; rds_superuser may most of what administrators need (Aurora User Guide,
//! "Understanding PostgreSQL roles and permissions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.superuser",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "roles that are superusers",
        remedy: "make it a member of rds_superuser on Aurora, or better give it the rights that it uses",
    },
    include_str!("role_superuser.sql"),
);
