use std::collections::HashMap;

use daybreak_model::{KeyBound, RowDigest};

use super::RowDifference;

/// The keys by which two lists of rows differ: in one and not the other, or with another hash.
pub(super) fn suspects(here: &[RowDigest], there: &[RowDigest]) -> Vec<KeyBound> {
    let mut theirs: HashMap<&KeyBound, u64> = there.iter().map(|row| (&row.key, row.hash)).collect();
    let mut keys: Vec<KeyBound> = here
        .iter()
        .filter(|row| theirs.remove(&row.key) != Some(row.hash))
        .map(|row| row.key.clone())
        .collect();
    keys.extend(theirs.into_keys().cloned());
    keys
}

/// What one look at a suspect row says. `before` and `after` are the source's row before the target had caught up and
/// after the target was read; `there` is the target's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The target has what the source had at one of the two moments.
    Same,
    /// The source's row did not change over the look, and the target has it otherwise.
    Different,
    /// The source's row changed meanwhile: look again.
    Moving,
}

pub(super) fn look(before: Option<u64>, there: Option<u64>, after: Option<u64>) -> Look {
    if there == before || there == after {
        Look::Same
    } else if before == after {
        Look::Different
    } else {
        Look::Moving
    }
}

/// How often in a row a difference must be seen, always the same: a row that was changed and changed back between two readings,
/// as a balance is, looks once as if it had stood still.
const SIGHTINGS: u32 = 3;

/// Differences seen and not proven yet.
#[derive(Debug, Default)]
pub(super) struct Sightings(HashMap<KeyBound, (Hashes, u32)>);

/// The same for a range whose rows cannot be told apart.
pub(super) const fn enough(times: u32, looks: u32) -> bool {
    times >= SIGHTINGS || times >= looks
}

/// The source's hash and the target's.
type Hashes = (Option<u64>, Option<u64>);

impl Sightings {
    /// Takes in what a look said of a row; whether it is proven different now. `looks` is how many there are in all.
    pub(super) fn prove(&mut self, key: &KeyBound, hashes: Hashes, looks: u32) -> bool {
        let times = match self.0.get(key) {
            Some((same, times)) if *same == hashes => times + 1,
            _ => 1,
        };
        self.0.insert(key.clone(), (hashes, times));
        enough(times, looks)
    }

    /// The row moved.
    pub(super) fn forget(&mut self, key: &KeyBound) {
        self.0.remove(key);
    }
}

/// Names a proven difference.
pub(super) fn name(key: KeyBound, here: Option<u64>, there: Option<u64>) -> RowDifference {
    match (here, there) {
        (Some(_), None) => RowDifference::Missing(key),
        (None, _) => RowDifference::Extra(key),
        (Some(_), Some(_)) => RowDifference::Changed(key),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyBound, KeyPart, RowDigest};

    use super::{Look, Sightings, look, suspects};

    fn row(key: i128, hash: u64) -> RowDigest {
        RowDigest {
            key: KeyBound(vec![KeyPart::Integer(key)]),
            hash,
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
    fn a_row_that_is_changed_and_changed_back_is_not_proven_different() {
        let key = row(1, 0).key;
        let mut sightings = Sightings::default();
        let mut prove = |there| sightings.prove(&key, (Some(1), Some(there)), 10);
        assert_eq!(
            [prove(2), prove(2), prove(3), prove(3), prove(3)],
            [false, false, false, false, true],
            "three times the same"
        );
        sightings.forget(&key);
        assert!(!sightings.prove(&key, (Some(1), Some(3)), 10), "it moved");
        assert!(
            sightings.prove(&row(2, 0).key, (Some(1), None), 1),
            "with one look in all"
        );
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
