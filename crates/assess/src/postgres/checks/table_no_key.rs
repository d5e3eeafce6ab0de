//! Logical replication finds the row to change by the replica identity: the primary key, unless told otherwise (manual,
//! "Publication"). Where there is none, Daybreak sets REPLICA IDENTITY FULL for as long as it replicates.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.no_key",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "tables without a primary key or another replica identity",
        remedy: "give it a primary key; until then replication finds its rows by all their columns, which reads the whole table for each change",
    },
    include_str!("table_no_key.sql"),
);
