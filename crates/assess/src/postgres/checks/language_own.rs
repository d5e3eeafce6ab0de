//! A language needs a handler in C (manual, "Writing a Procedural Language Handler"); Aurora offers those of its
//! extensions alone.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.language.own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "procedural languages of no extension",
        remedy: "make its functions anew in a language that Aurora offers as an extension",
    },
    include_str!("language_own.sql"),
);
