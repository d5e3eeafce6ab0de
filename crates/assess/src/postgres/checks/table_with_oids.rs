//! Tables WITH OIDS are gone since PostgreSQL 12 (release notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.with_oids",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(12, 0, 0),
        title: "tables WITH OIDS",
        remedy: "take the hidden column away; keep its values in a column of their own if anything reads them",
    },
    include_str!("table_with_oids.sql"),
);
