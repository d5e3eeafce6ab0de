//! A deferrable key is no replica identity: the table counts as having none (manual, "ALTER TABLE", REPLICA IDENTITY).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.deferrable_key",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "primary keys that are deferrable",
        remedy: "make the key not deferrable, or name a unique index that is not as the replica identity",
    },
    include_str!("table_deferrable_key.sql"),
);
