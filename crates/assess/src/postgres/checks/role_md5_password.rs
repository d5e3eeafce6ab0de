//! PostgreSQL 18 warns of MD5 passwords, and a later version will have none (release notes). pg_authid is open to
//! superusers alone.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.md5_password",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "roles whose password is kept as MD5",
        remedy: "set the password again with password_encryption = scram-sha-256: MD5 is given up from PostgreSQL 18 on",
    },
    include_str!("role_md5_password.sql"),
)
.needing(&[Need::Passwords]);
