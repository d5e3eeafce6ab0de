//! The end of each major version's support: PostgreSQL, "Versioning Policy".

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::ways;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.server.end_of_support",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a version that is no longer supported",
        remedy: "move soon, and to a line whose support lasts: no more defects are mended here",
    },
    include_str!("server_end_of_support.sql"),
)
.judged_by(judge);

/// The server's day.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let ended = rows.into_iter().filter_map(|row| {
        let [server, today] = <[Option<String>; 2]>::try_from(row).ok()?;
        let end = ways::end_of_support(subject.flavor)?;
        let words = format!(
            "support of PostgreSQL {} ended on {end}",
            subject.flavor.version.major
        );
        let hit = Hit::new(server?, words);
        (end.to_string() < today?).then_some(hit)
    });
    ended.collect()
}
