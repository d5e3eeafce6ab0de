//! BYPASSRLS is given by superusers, and since PostgreSQL 16 by roles that have it and CREATEROLE (manual, "CREATE
//! ROLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.bypasses_row_security",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "roles that row security does not bind",
        remedy: "give the attribute to the role on Aurora as a member of rds_superuser, where its version lets it; else write policies for it",
    },
    include_str!("role_bypasses_row_security.sql"),
);
