//! Large objects belong to no schema and are not replicated (manual, "Logical Replication: Restrictions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.large_object",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "large objects",
        remedy: "move the bytes into a bytea column, or carry them over by hand while nobody writes: nothing follows their changes",
    },
    include_str!("object_large.sql"),
);
