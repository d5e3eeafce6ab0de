//! Aurora PostgreSQL offers the extensions that its release notes list ("Extensions supported for Aurora PostgreSQL").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::extensions;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.not_offered",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "extensions that Aurora does not offer",
        remedy: "do without it, or move what it does into the application; Trusted Language Extensions (pg_tle) take those that need no C",
    },
    include_str!("extension_not_offered.sql"),
)
.judged_by(judge);

/// Extension and version.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let unoffered = rows.into_iter().filter_map(|row| {
        let [name, version] = <[Option<String>; 2]>::try_from(row).ok()?;
        let name = name?;
        let words = format!("version {}; not on the list of {}", version?, subject.target);
        (!extensions::is_offered(&name, subject.target)).then(|| Hit::new(format!("extension {name}"), words))
    });
    unoffered.collect()
}
