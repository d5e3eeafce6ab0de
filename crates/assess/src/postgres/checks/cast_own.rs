//! A cast belongs to no schema; without a function only superusers make one (manual, "CREATE CAST").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.cast.own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "casts of one's own",
        remedy: "make it on Aurora, where that needs the ownership of one of the types; a cast WITHOUT FUNCTION needs a superuser",
    },
    include_str!("cast_own.sql"),
);
