//! What is not logged cannot be looked up afterwards (manual, "Error Reporting and Logging").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.connections_not_logged",
        engines: Engine::POSTGRESQL,
        rows: &["D3"],
        severity: Severity::Note,
        crossing: Crossing::Audit,
        title: "a server that does not log who comes",
        remedy: "turn it on: it is what one looks at first when somebody was in",
    },
    include_str!("parameter_connections_not_logged.sql"),
);
