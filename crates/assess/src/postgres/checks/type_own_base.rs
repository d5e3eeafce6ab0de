//! Only superusers make base types, whose input and output functions are in C or internal (manual, "CREATE TYPE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.type.own_base",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "base types of no extension",
        remedy: "use a domain, a composite type or an enum instead: a base type's functions are in C",
    },
    include_str!("type_own_base.sql"),
);
