//! Row estimates come from the last ANALYZE (manual, "Statistics Used by the Planner").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.stale_statistics",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables whose statistics are stale",
        remedy: "analyse it: the load divides tables by their statistics",
    },
    include_str!("table_stale_statistics.sql"),
);
