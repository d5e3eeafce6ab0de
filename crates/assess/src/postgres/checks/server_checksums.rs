//! Without data checksums a damaged page is read as if it were whole (manual, "Data Checksums"); they are on by default
//! since PostgreSQL 18.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.server.checksums",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "a server without checksums on its pages",
        remedy: "compare the replicas before the load: damage on disk would go over unseen",
    },
    include_str!("server_checksums.sql"),
);
