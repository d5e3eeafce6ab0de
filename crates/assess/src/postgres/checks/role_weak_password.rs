//! A password that is guessed at the first try keeps nobody out. The server compares hashes; none is read.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.weak_password",
        engines: Engine::POSTGRESQL,
        rows: &["D3"],
        severity: Severity::Blocks,
        crossing: Crossing::Audit,
        title: "roles whose password is their name or a common word",
        remedy: "set a password that nobody guesses; those kept by SCRAM are not looked at",
    },
    include_str!("role_weak_password.sql"),
)
.needing(&[Need::Passwords]);
