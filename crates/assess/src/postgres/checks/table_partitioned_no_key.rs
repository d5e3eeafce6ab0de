//! A partition's own changes are published with its own replica identity; a key on the partitioned table gives one to
//! all of them (manual, "Table Partitioning").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.partitioned_no_key",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "partitioned tables without a primary key",
        remedy: "give the partitioned table a primary key that holds its partition key",
    },
    include_str!("table_partitioned_no_key.sql"),
);
