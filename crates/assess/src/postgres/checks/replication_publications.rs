//! A publication belongs to one database of one server (manual, "Publication").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.publications",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4", "F8"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "publications",
        remedy: "make it on the target before the cut-over, for whoever subscribes to it",
    },
    include_str!("replication_publications.sql"),
);
