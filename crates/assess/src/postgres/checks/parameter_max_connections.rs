//! max_connections is by default the instance's memory in bytes divided by 9531392, and at most 5000 (Aurora User
//! Guide, "Maximum connections").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.max_connections",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "more connections than Aurora allows by default",
        remedy: "put a pooler between, or set max_connections in the parameter group and take an instance class with the memory for it",
    },
    include_str!("parameter_max_connections.sql"),
);
