//! Dead rows are read and skipped by every scan until VACUUM takes them away (manual, "Routine Vacuuming").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.dead_rows",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P5"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables that are full of dead rows",
        remedy: "vacuum it before the load, which reads them all",
    },
    include_str!("table_dead_rows.sql"),
);
