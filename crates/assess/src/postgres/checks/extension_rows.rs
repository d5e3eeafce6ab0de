//! Tables of an extension that it marks with `pg_extension_config_dump` hold rows of the user's (manual, "Extension Configuration
//! Tables"). A dump carries those; a load carries the tables of the application only, and what an extension makes is made by the
//! extension.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.rows",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D1"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "rows of the user's in tables of extensions",
        remedy: "they are neither loaded nor replicated nor compared: carry them over by hand once the extension is on the target \
                 (the statement reads them), and keep them as they are until the cut-over; then waive this",
    },
    include_str!("extension_rows.sql"),
)
.needing(&[Need::ExtensionRows]);
