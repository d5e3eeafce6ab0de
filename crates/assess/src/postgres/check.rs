use daybreak_engine::TextRow;
use daybreak_model::{AuroraLine, Flavor};

use super::standing::Need;
use crate::About;
use crate::hit::Hit;

/// What a judgement may depend on.
pub(crate) struct Subject<'a> {
    pub(crate) flavor: &'a Flavor,
    pub(crate) target: &'static AuroraLine,
}

/// A check of PostgreSQL: one question, and what its rows mean.
pub(crate) struct Check {
    pub(crate) about: About,
    /// Read-only, and understood by every version: a column that older ones lack is read through `to_jsonb`.
    pub(crate) question: &'static str,
    /// Without these the catalog hides rows instead of refusing the question.
    pub(crate) needs: &'static [Need],
    /// Pure: rows in, hits out.
    pub(crate) judge: fn(&Subject<'_>, Vec<TextRow>) -> Vec<Hit>,
}

impl Check {
    /// A check whose rows are what it finds.
    pub(crate) const fn new(about: About, question: &'static str) -> Self {
        Self {
            about,
            question,
            needs: &[],
            judge: rows_are_hits,
        }
    }

    pub(crate) const fn needing(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    pub(crate) const fn judged_by(mut self, judge: fn(&Subject<'_>, Vec<TextRow>) -> Vec<Hit>) -> Self {
        self.judge = judge;
        self
    }
}

/// Rows of the object, what was seen and, where there is one, the statement that mends it.
pub(crate) fn rows_are_hits(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    rows.into_iter().filter_map(hit).collect()
}

fn hit(row: TextRow) -> Option<Hit> {
    let mut values = row.into_iter();
    let hit = Hit::new(values.next()??, values.next()??);
    Some(match values.next().flatten() {
        Some(statement) => hit.mended_by(statement),
        None => hit,
    })
}
