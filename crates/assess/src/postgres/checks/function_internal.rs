//! Functions in the language internal name code of the server itself, and only superusers make them (manual, "Internal
//! Functions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.internal",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "functions in the language internal",
        remedy: "write it anew in SQL as a call of the built-in function",
    },
    include_str!("function_internal.sql"),
);
