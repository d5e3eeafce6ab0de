//! Operators that stand after their only argument are gone since PostgreSQL 14 (release notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.operator.postfix",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(14, 0, 0),
        title: "postfix operators",
        remedy: "use a function, or the operator with its arguments the other way round",
    },
    include_str!("operator_postfix.sql"),
);
