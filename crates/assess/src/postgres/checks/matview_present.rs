//! A materialized view's rows are made by REFRESH alone (manual, "Materialized Views"; "Logical Replication:
//! Restrictions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.matview.present",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "F8"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "materialized views",
        remedy: "refresh it on the target after the load, and again after the cut-over: its rows are not replicated",
    },
    include_str!("matview_present.sql"),
);
