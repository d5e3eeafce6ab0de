//! A CREATE INDEX CONCURRENTLY that failed leaves an index that is written and not read (manual, "Building Indexes
//! Concurrently").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.index.invalid",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "invalid indexes",
        remedy: "build it again, or drop it: it is kept up and never used",
    },
    include_str!("index_invalid.sql"),
);
