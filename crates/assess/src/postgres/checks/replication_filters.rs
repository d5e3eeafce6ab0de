//! Row filters and column lists are there since PostgreSQL 15 (release notes).

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject, rows_are_hits};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.filters",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "publications with row filters or column lists",
        remedy: "make it on a target of version 15 or later: earlier ones have neither",
    },
    include_str!("replication_filters.sql"),
)
.judged_by(judge);

/// An older target has no filters: what is published there would be more than was.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let hits = rows_are_hits(subject, rows).into_iter();
    let weight = if subject.target.community.major < 15 {
        Severity::Blocks
    } else {
        Severity::Degrades
    };
    hits.map(|hit| hit.weighing(weight)).collect()
}
