//! A conversion's function is in C (manual, "CREATE CONVERSION"); PostgreSQL 14 changed how it is called (release
//! notes).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.conversion.own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "encoding conversions of one's own",
        remedy: "drop it: its function is in C",
    },
    include_str!("conversion_own.sql"),
);
