//! Catalogs of one database do not show what is in another (manual, "Managing Databases").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.others",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "other databases on the same server",
        remedy: "assess each by a plan of its own: a connection sees one database",
    },
    include_str!("database_others.sql"),
);
