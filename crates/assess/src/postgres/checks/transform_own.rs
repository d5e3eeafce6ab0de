//! A transform's functions take and give internal values, which only functions in C do (manual, "CREATE TRANSFORM").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.transform.own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "transforms of no extension",
        remedy: "make it on Aurora if its functions can be made there",
    },
    include_str!("transform_own.sql"),
);
