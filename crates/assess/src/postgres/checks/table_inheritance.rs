//! Table inheritance beside partitioning: rows of a child show in its parent, and are published as the child's (manual,
//! "Inheritance").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.inheritance",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables that inherit from others",
        remedy: "nothing, if it is meant: parents and children are replicated each by itself; TRUNCATE of a parent is not passed to children that are not published",
    },
    include_str!("table_inheritance.sql"),
);
