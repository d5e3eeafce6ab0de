//! A nondeterministic collation compares by meaning, as to case or accents (manual, "Nondeterministic Collations").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.collation.nondeterministic",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "columns whose collation takes different texts for equal",
        remedy: "know that equal is not identical there: unique keys may refuse on one side what the other takes, if their libraries differ",
    },
    include_str!("collation_nondeterministic.sql"),
);
