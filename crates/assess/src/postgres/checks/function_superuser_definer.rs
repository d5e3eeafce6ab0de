//! SECURITY DEFINER runs a function with its owner's rights (manual, "CREATE FUNCTION"), which on Aurora are never a
//! superuser's.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.superuser_definer",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "functions that run as a superuser",
        remedy: "give it an owner who may do what it does, and no more; on Aurora nobody is a superuser",
    },
    include_str!("function_superuser_definer.sql"),
);
