//! COMMENT ON EXTENSION is for the extension's owner (manual, "COMMENT"); dumps hold one for every extension with a
//! comment.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.comment",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "comments of one's own on extensions",
        remedy: "make the comment again as the extension's owner: on Aurora that is not always who restores a dump",
    },
    include_str!("extension_comment.sql"),
);
