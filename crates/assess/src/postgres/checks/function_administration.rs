//! What ALTER SYSTEM and its like do is done through parameter groups and calls of the RDS API on Aurora; a superuser's
//! functions are refused.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.administration",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "functions that administer the server",
        remedy: "do it through Amazon's interfaces there: parameter groups, reboot, failover, snapshots",
    },
    include_str!("function_administration.sql"),
);
