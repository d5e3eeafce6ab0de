//! Aurora knows passwords, IAM and Kerberos (Aurora User Guide, "Database authentication"); LDAP, PAM, RADIUS, ident
//! and client certificates have no counterpart.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.external",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "lines of pg_hba.conf that ask others who somebody is",
        remedy: "use a password, a token of IAM, or Kerberos with AWS Directory Service",
    },
    include_str!("connection_external.sql"),
)
.needing(&[Need::AccessFile]);
