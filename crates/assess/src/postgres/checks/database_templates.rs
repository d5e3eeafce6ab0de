//! An upgrade wants template0 and template1, and template0 closed to connections (Aurora User Guide, "How to perform a
//! major version upgrade").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.templates",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "template databases that are not as an upgrade expects",
        remedy: "put it right before an upgrade in place, of which this is a condition",
    },
    include_str!("database_templates.sql"),
);
