//! A tablespace is a folder of the server's machine (manual, "Tablespaces"); Aurora has one volume.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.tablespace",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tablespaces of one's own",
        remedy: "nothing must depend on where data lie: on Aurora all of them lie in the cluster's one volume",
    },
    include_str!("database_tablespace.sql"),
);
