//! chkpass is gone since PostgreSQL 11, tsearch2 since 10, timetravel since 12, adminpack and old_snapshot since 17
//! (release notes).

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.abandoned",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "extensions that PostgreSQL itself has given up",
        remedy: "change its columns and functions to what took its place (crypt() of pgcrypto, the built-in text search), then drop it",
    },
    include_str!("extension_abandoned.sql"),
)
.judged_by(judge);

/// Extension and version.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let gone = rows.into_iter().filter_map(|row| {
        let [name, version] = <[Option<String>; 2]>::try_from(row).ok()?;
        let name = name?;
        let since = match name.as_str() {
            "tsearch2" => 10,
            "chkpass" => 11,
            "timetravel" => 12,
            "adminpack" | "old_snapshot" => 17,
            _ => return None,
        };
        let words = format!("version {}; gone since PostgreSQL {since}", version?);
        let statement = format!("DROP EXTENSION {name}");
        (since <= subject.target.community.major)
            .then(|| Hit::new(format!("extension {name}"), words).mended_by(statement))
    });
    gone.collect()
}
