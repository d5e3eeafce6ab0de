//! PostgreSQL keeps the version of the library by which a collation was first used (manual, "ALTER COLLATION", "ALTER
//! DATABASE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.collation.version",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "collations whose library has changed since indexes were built by them",
        remedy: "build the indexes that use it again, then note the new version: until then lookups may miss rows and unique keys may hold twins",
    },
    include_str!("collation_version.sql"),
);
