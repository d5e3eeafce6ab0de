//! Functions in C live in a library on the server's machine, and only superusers make them (manual, "C-Language
//! Functions").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.c",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "functions in C of no extension",
        remedy: "do without it: no library of one's own can be loaded on Aurora",
    },
    include_str!("function_c.sql"),
);
