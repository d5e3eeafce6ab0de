//! Only superusers make foreign-data wrappers, by functions in C (manual, "CREATE FOREIGN DATA WRAPPER").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.foreign.data_wrapper",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "foreign-data wrappers of no extension",
        remedy: "use a wrapper that Aurora offers as an extension",
    },
    include_str!("foreign_data_wrapper.sql"),
);
