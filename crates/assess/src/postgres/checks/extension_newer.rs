//! Aurora's release notes list one version of each extension for each line ("Extensions supported for Aurora
//! PostgreSQL"). Extensions that come with PostgreSQL are as new as the target's major version.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::extensions;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.newer",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "extensions that are newer here than on Aurora",
        remedy: "wait for a line of Aurora that has it, or see in the extension's notes what the older version lacks: an extension cannot go back",
    },
    include_str!("extension_newer.sql"),
)
.judged_by(judge);

/// Extension and version.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let newer = rows.into_iter().filter_map(|row| {
        let [name, version] = <[Option<String>; 2]>::try_from(row).ok()?;
        let (name, version) = (name?, version?);
        let offered = extensions::offered_version(&name, subject.target)?;
        let words = format!("version {version}; {} offers {offered}", subject.target);
        extensions::is_newer(&version, offered).then(|| Hit::new(format!("extension {name}"), words))
    });
    newer.collect()
}
