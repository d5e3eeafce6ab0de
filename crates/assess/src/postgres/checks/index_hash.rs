//! Hash indexes are in the WAL since PostgreSQL 10 (release notes): before that a standby's were useless.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.index.hash",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "hash indexes",
        remedy: "nothing on PostgreSQL 10 or later; a B-tree serves equality as well, and can be unique",
    },
    include_str!("index_hash.sql"),
);
