//! A SECURITY DEFINER function should have a search_path of its own (manual, "CREATE FUNCTION", "Writing SECURITY
//! DEFINER Functions Safely").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.security_definer",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "functions that run as their owner and do not say where to look names up",
        remedy: "set its search_path: whoever may make objects in a schema that is searched first can have it run them",
    },
    include_str!("function_security_definer.sql"),
);
