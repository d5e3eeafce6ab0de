//! A constraint added NOT VALID was never checked against the rows that were there (manual, "ALTER TABLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.constraint.not_valid",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "constraints that are not validated",
        remedy: "validate it, or mend the rows that break it: a load checks every row, old ones, too",
    },
    include_str!("constraint_not_valid.sql"),
);
