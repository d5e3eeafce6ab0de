//! FOR ALL TABLES takes in every table made later, temporary and unlogged ones excepted (manual, "CREATE PUBLICATION").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.all_tables",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "publications for all tables",
        remedy: "name the tables, or the schemas since PostgreSQL 15: a table without a replica identity refuses UPDATE and DELETE as soon as it is made",
    },
    include_str!("replication_all_tables.sql"),
);
