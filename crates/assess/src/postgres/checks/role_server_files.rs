//! pg_read_server_files, pg_write_server_files and pg_execute_server_program let a role reach the server's machine
//! (manual, "Predefined Roles").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.server_files",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "roles that may use files and programs of the server's machine",
        remedy: "do without: the role exists on Aurora and gives nothing there; use aws_s3 for import and export",
    },
    include_str!("role_server_files.sql"),
);
