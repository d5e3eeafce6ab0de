//! MD5 is given up from PostgreSQL 18 on, and `password` sends it in the clear (manual, "Password Authentication").

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.md5",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "lines of pg_hba.conf that ask for passwords as MD5 or in the clear",
        remedy: "ask for scram-sha-256, once every client knows that and every password was set anew",
    },
    include_str!("connection_md5.sql"),
)
.needing(&[Need::AccessFile]);
