//! password_encryption = md5 is given up from PostgreSQL 18 on (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.password_encryption",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "new passwords kept as MD5",
        remedy: "turn it to scram-sha-256, once every client knows that",
    },
    include_str!("parameter_password_encryption.sql"),
);
