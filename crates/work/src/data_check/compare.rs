use std::collections::HashMap;

use daybreak_model::{KeyBound, RowDigest, RowHash};

use super::RowDifference;

/// The keys by which two lists of rows differ: in one and not the other, or with another hash.
pub(super) fn suspects(here: &[RowDigest], there: &[RowDigest]) -> Vec<KeyBound> {
    let mut theirs: HashMap<&KeyBound, RowHash> = there.iter().map(|row| (&row.key, row.hash)).collect();
    let mut keys: Vec<KeyBound> = here
        .iter()
        .filter(|row| theirs.remove(&row.key) != Some(row.hash))
        .map(|row| row.key.clone())
        .collect();
    keys.extend(theirs.into_keys().cloned());
    keys
}

/// What one look at a suspect says: a row's hash, if it is there, or how often a row is there. `before` and `after` are the
/// source's before the target had caught up and after the target was read; `there` is the target's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The target has what the source had at one of the two moments.
    Same,
    /// The source's row did not change over the look, and the target has it otherwise.
    Different,
    /// The source's row changed meanwhile: look again.
    Moving,
}

pub(super) fn look<T: PartialEq>(before: T, there: T, after: T) -> Look {
    if there == before || there == after {
        Look::Same
    } else if before == after {
        Look::Different
    } else {
        Look::Moving
    }
}

/// Names a proven difference.
pub(super) fn name(key: KeyBound, here: Option<RowHash>, there: Option<RowHash>) -> RowDifference {
    match (here, there) {
        (Some(_), None) => RowDifference::Missing(key),
        (None, _) => RowDifference::Extra(key),
        (Some(_), Some(_)) => RowDifference::Changed(key),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyBound, KeyPart, RowDigest, RowHash};

    use super::{Look, look, suspects};

    fn row(key: i128, hash: u64) -> RowDigest {
        RowDigest {
            key: KeyBound(vec![KeyPart::Integer(key)]),
            hash: RowHash {
                first: hash,
                second: 0,
            },
        }
    }

    #[test]
    fn suspects_are_the_rows_that_are_not_the_same() {
        let here = [row(1, 10), row(2, 20), row(3, 30)];
        let there = [row(1, 10), row(3, 31), row(4, 40)];
        let mut keys: Vec<String> = suspects(&here, &there).iter().map(ToString::to_string).collect();
        keys.sort();
        assert_eq!(keys, ["2", "3", "4"]);
        assert!(suspects(&here, &here).is_empty());
    }

    #[test]
    fn only_a_row_that_stood_still_can_be_proven_different() {
        assert_eq!(look(Some(1), Some(1), Some(2)), Look::Same);
        assert_eq!(
            look(Some(1), Some(2), Some(2)),
            Look::Same,
            "the target may be further than the first reading"
        );
        assert_eq!(look(Some(1), Some(2), Some(1)), Look::Different);
        assert_eq!(look(Some(1), None, Some(1)), Look::Different);
        assert_eq!(look(None, Some(1), None), Look::Different);
        assert_eq!(look(Some(1), Some(3), Some(2)), Look::Moving);
    }
}
