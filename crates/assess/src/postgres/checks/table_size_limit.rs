//! A table on Aurora PostgreSQL holds up to 32 TiB (Aurora User Guide, "Quotas and constraints"). Sizes are the
//! catalog's estimate, from the last VACUUM or ANALYZE.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.size_limit",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables near the largest size that a table can have on Aurora",
        remedy: "partition it before the move",
    },
    include_str!("table_size_limit.sql"),
);
