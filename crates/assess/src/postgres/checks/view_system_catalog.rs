//! Columns of pg_stat_activity and its like change between major versions, and a view that names them cannot be made
//! then (release notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.view.system_catalog",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "views of the system's own catalogs",
        remedy: "write the view anew on the target: columns of the system's views come and go with each major version",
    },
    include_str!("view_system_catalog.sql"),
);
