//! A language that is not trusted may do on the machine what the server may; only superusers make functions in it
//! (manual, "CREATE LANGUAGE"), and Aurora has none.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.untrusted_language",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "functions in languages that are not trusted",
        remedy: "write it anew in a language that Aurora offers (PL/pgSQL, PL/Perl, PL/Tcl, PL/v8), or move what it does into the application",
    },
    include_str!("function_untrusted_language.sql"),
);
