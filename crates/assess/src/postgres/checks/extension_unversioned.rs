//! Versions of some extensions are words, or come with a build of their own; the release notes list what each line has.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::extensions;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.unversioned",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "extensions whose version cannot be compared with Aurora's",
        remedy: "see in the release notes of Aurora PostgreSQL which version the line has",
    },
    include_str!("extension_unversioned.sql"),
)
.judged_by(judge);

/// Extension and version.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let unversioned = rows.into_iter().filter_map(|row| {
        let [name, version] = <[Option<String>; 2]>::try_from(row).ok()?;
        let (name, version) = (name?, version?);
        let offered = extensions::offered_version(&name, subject.target)?;
        let words = format!("version `{version}`; {} offers {offered}", subject.target);
        let numbered = version.starts_with(|c: char| c.is_ascii_digit());
        (!numbered).then(|| Hit::new(format!("extension {name}"), words))
    });
    unversioned.collect()
}
