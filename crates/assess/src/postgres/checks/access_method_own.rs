//! Only superusers make access methods, by a handler in C (manual, "CREATE ACCESS METHOD").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.access.method_own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "access methods of no extension",
        remedy: "do without it: its handler is in C",
    },
    include_str!("access_method_own.sql"),
);
