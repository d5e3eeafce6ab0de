//! An extension stays at its version until ALTER EXTENSION … UPDATE (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.outdated",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "extensions older than the server's own files",
        remedy: "update it before the move: the target makes the extension in its own version, and objects of old versions may be missing there",
    },
    include_str!("extension_outdated.sql"),
);
