//! Few rows that are updated over and over: transactions wait for each other there, each update leaves a dead row, and a data check meets
//! them in motion (manual, "The Cumulative Statistics System"). No counter names a key; updates for each row do.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.hot_keys",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P3", "P6", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables whose rows are updated over and over",
        remedy: "spread a counter over several rows, or keep it elsewhere: each commit waits longer for its log on Aurora, and the next one for its row",
    },
    include_str!("table_hot_keys.sql"),
);
