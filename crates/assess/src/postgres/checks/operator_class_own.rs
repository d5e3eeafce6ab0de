//! A wrong operator class can crash the server, so only superusers make them (manual, "CREATE OPERATOR CLASS").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.operator.class_own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "operator classes of no extension",
        remedy: "do without it: only a superuser makes an operator class",
    },
    include_str!("operator_class_own.sql"),
);
