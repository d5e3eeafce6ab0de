//! An aggregate's state of type internal is a pointer of the server's own, and only superusers make such (manual,
//! "CREATE AGGREGATE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.aggregate.internal_state",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "aggregates whose state is internal",
        remedy: "give it a state of an ordinary type: only a superuser makes an aggregate with an internal one",
    },
    include_str!("aggregate_internal_state.sql"),
);
