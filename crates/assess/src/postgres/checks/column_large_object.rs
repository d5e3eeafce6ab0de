//! A column of type oid, or of the extension lo's type, often names a large object; those are not replicated (manual,
//! "Large Objects", "Logical Replication: Restrictions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.large_object",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "columns that may refer to large objects",
        remedy: "see whether the numbers are large objects'; if so move the bytes into a bytea column",
    },
    include_str!("column_large_object.sql"),
);
