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

/// Rows of the object, what was seen and, where there is one, the statement that mends it. A row counts whatever it lacks.
pub(crate) fn rows_are_hits(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    rows.into_iter().map(hit).collect()
}

fn hit(row: TextRow) -> Hit {
    let mut values = row.into_iter().map(Option::unwrap_or_default);
    let mut next = || values.next().unwrap_or_default();
    let hit = Hit::new(next(), next());
    match next() {
        statement if statement.is_empty() => hit,
        statement => hit.mended_by(statement),
    }
}

#[cfg(test)]
mod tests {
    use super::hit;

    #[test]
    fn a_row_counts_whatever_it_lacks() {
        let row = |values: &[Option<&str>]| values.iter().map(|value| value.map(str::to_owned)).collect();
        let whole = hit(row(&[Some("s.t"), Some("seen"), Some("MEND s.t")]));
        assert_eq!(
            (whole.object.as_str(), whole.statement.as_deref()),
            ("s.t", Some("MEND s.t"))
        );
        let bare = hit(row(&[Some("s.t"), None, None]));
        assert_eq!(
            (bare.object.as_str(), bare.evidence.as_str(), bare.statement),
            ("s.t", "", None)
        );
        assert_eq!(hit(row(&[Some("s.t"), Some("seen")])).evidence, "seen");
    }
}
