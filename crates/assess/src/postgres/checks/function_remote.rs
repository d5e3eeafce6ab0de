//! dblink and its like connect from the server's machine (manual, "dblink"), which on Aurora stands in another network.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.remote",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "functions that reach other servers",
        remedy: "see that Aurora reaches the other server: network, security group, and an account whose password is where the function expects it",
    },
    include_str!("function_remote.sql"),
);
