//! archive_command and archive_library hand over finished WAL files (manual); on Aurora the storage backs up
//! continuously.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.archive",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "an archive of the WAL",
        remedy: "see who reads the archive: Aurora backs up by itself, and gives its WAL to nobody",
    },
    include_str!("parameter_archive.sql"),
);
