//! Replication between major versions goes both ways, but statements of a newer version's schema are not an older one's
//! (manual, "Logical Replication: Upgrade").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject, rows_are_hits};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.server.newer",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "a server that is newer than the target",
        remedy: "name a target of at least the same major version: what a newer version has, an older one does not understand",
    },
    include_str!("server_newer.sql"),
)
.judged_by(judge);

fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    if subject.flavor.version.major <= subject.target.community.major {
        return Vec::new();
    }
    rows_are_hits(subject, rows)
}
