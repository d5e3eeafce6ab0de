//! A materialized view made WITH NO DATA cannot be read until it is refreshed (manual, "CREATE MATERIALIZED VIEW").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.matview.unpopulated",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "materialized views that hold nothing",
        remedy: "fill it, or drop it: whoever reads it gets an error",
    },
    include_str!("matview_unpopulated.sql"),
);
