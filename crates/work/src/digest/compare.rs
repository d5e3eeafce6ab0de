//! Two digests beside each other: what is gone, better, worse, or new.

use serde::Serialize;

use super::report::{ClassReport, DigestReport};

/// A mean that moved by less than this share is the same.
const LEAST_CHANGE: f64 = 0.1;
/// How many standard errors two means must be apart (Welch's t): three happen by chance in three of a thousand cases.
const LEAST_T: f64 = 3.0;

/// What became of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It is slower: its mean grew by a tenth or more, and by three standard errors or more.
    Worse,
    /// It was not there before.
    New,
    /// It is quicker, by the same measure.
    Better,
    /// It is not there any more.
    Gone,
    /// Neither.
    Same,
}

/// A class before and after. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassChange {
    /// The class.
    pub id: String,
    /// What its statements have in common.
    pub fingerprint: String,
    /// What became of it.
    pub became: Became,
    /// Before; absent where it is new.
    pub before: Option<Side>,
    /// After; absent where it is gone.
    pub after: Option<Side>,
    /// The means' distance in standard errors; absent where one side has fewer than two statements.
    pub t: Option<f64>,
}

/// One side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Side {
    /// Statements.
    pub count: u64,
    /// Seconds in all.
    pub total_s: f64,
    /// Seconds on average.
    pub mean_s: f64,
    /// Seconds within which 95 of 100 ended.
    pub p95_s: Option<f64>,
}

/// Every class of either, those that became worse first, then by the time they took.
#[must_use]
pub fn compare(before: &DigestReport, after: &DigestReport) -> Vec<ClassChange> {
    let find =
        |report: &'_ DigestReport, id: &str| report.classes.iter().find(|class| class.id == id).cloned();
    let mut changes: Vec<ClassChange> = before
        .classes
        .iter()
        .map(|class| change(Some(class), find(after, &class.id).as_ref()))
        .collect();
    let known: std::collections::HashSet<&str> =
        before.classes.iter().map(|class| class.id.as_str()).collect();
    let new = after
        .classes
        .iter()
        .filter(|class| !known.contains(class.id.as_str()));
    changes.extend(new.map(|class| change(None, Some(class))));
    let weight = |change: &ClassChange| {
        let of = |side: Option<Side>| side.map_or(0.0, |side| side.total_s);
        of(change.before).max(of(change.after))
    };
    changes.sort_by(|one, other| {
        one.became
            .cmp(&other.became)
            .then_with(|| weight(other).total_cmp(&weight(one)))
            .then_with(|| one.id.cmp(&other.id))
    });
    changes
}

fn change(before: Option<&ClassReport>, after: Option<&ClassReport>) -> ClassChange {
    let side = |class: &ClassReport| Side {
        count: class.count,
        total_s: class.time_s.total,
        mean_s: class.time_s.mean,
        p95_s: class.time_s.p95,
    };
    let t = before.zip(after).and_then(|(before, after)| welch(before, after));
    let became = match (before, after) {
        (None, _) => Became::New,
        (_, None) => Became::Gone,
        (Some(before), Some(after)) => {
            let moved = after.time_s.mean - before.time_s.mean;
            let is_sure = t.is_some_and(|t| t.abs() >= LEAST_T);
            if moved.abs() < before.time_s.mean * LEAST_CHANGE || !is_sure {
                Became::Same
            } else if moved > 0.0 {
                Became::Worse
            } else {
                Became::Better
            }
        }
    };
    let known = before.or(after);
    ClassChange {
        id: known.map(|class| class.id.clone()).unwrap_or_default(),
        fingerprint: known.map(|class| class.fingerprint.clone()).unwrap_or_default(),
        became,
        before: before.map(side),
        after: after.map(side),
        t,
    }
}

/// Welch's t of the means; without bound where neither side spreads.
fn welch(before: &ClassReport, after: &ClassReport) -> Option<f64> {
    if before.count < 2 || after.count < 2 {
        return None;
    }
    let error =
        |class: &ClassReport| class.time_s.stddev.unwrap_or(class.time_s.mean).powi(2) / class.count as f64;
    let moved = after.time_s.mean - before.time_s.mean;
    let spread = (error(before) + error(after)).sqrt();
    Some(if spread > 0.0 {
        (moved / spread).clamp(-1e6, 1e6)
    } else if moved == 0.0 {
        0.0
    } else {
        1e6_f64.copysign(moved)
    })
}

#[cfg(test)]
mod tests {
    use super::{Became, compare};
    use crate::digest::{Digest, DigestReport, Filter, Input, Ranking, digest};

    fn read(statements: &[(&str, f64)]) -> DigestReport {
        use std::io::Write;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        for (statement, seconds) in statements {
            write!(
                file,
                "# User@Host: a[a] @ b []\n# Query_time: {seconds}  Lock_time: 0\n{statement};\n"
            )
            .expect("written");
        }
        let digest: Digest = digest(
            &[Input::File(file.path().to_owned())],
            &Filter::default(),
            2,
            &|_| {},
        )
        .expect("read");
        digest.report(Ranking::Time, 0)
    }

    #[test]
    fn only_what_moved_beyond_chance_is_better_or_worse() {
        let before = read(&[
            ("SELECT 1 FROM a", 2.0),
            ("SELECT 1 FROM a", 2.1),
            ("SELECT 1 FROM b", 0.1),
            ("SELECT 1 FROM b", 0.3),
            ("SELECT 1 FROM c", 1.0),
            ("SELECT 1 FROM d", 1.0),
            ("SELECT 1 FROM d", 1.01),
        ]);
        let after = read(&[
            ("SELECT 2 FROM a", 0.2),
            ("SELECT 2 FROM a", 0.21),
            ("SELECT 2 FROM b", 0.2),
            ("SELECT 2 FROM b", 0.25),
            ("SELECT 2 FROM d", 3.0),
            ("SELECT 2 FROM d", 3.01),
            ("SELECT 2 FROM e", 0.1),
        ]);
        let became: Vec<(String, Became)> = compare(&before, &after)
            .into_iter()
            .map(|change| (change.fingerprint, change.became))
            .collect();
        let expected = [
            ("select ? from d", Became::Worse),
            ("select ? from e", Became::New),
            ("select ? from a", Became::Better),
            ("select ? from c", Became::Gone),
            ("select ? from b", Became::Same),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(fingerprint, became)| ((*fingerprint).to_owned(), *became))
            .collect();
        assert_eq!(became, expected);
    }
}
