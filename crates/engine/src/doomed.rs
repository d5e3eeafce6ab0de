//! Rows of a delete, sorted by what is to become of them.

use std::collections::{HashMap, HashSet};

use daybreak_model::{KeyBound, Table};

use crate::{Deleted, StoredRow, Values};

/// What keeps rows from being deleted that were read without a column.
pub(crate) fn other_column(table: &Table, column: &str) -> String {
    format!(
        "failed to delete rows of {}: it has a column `{column}` by now, which is not archived",
        table.name
    )
}

/// What to do then.
pub(crate) const OTHER_COLUMN: &str =
    "no row of the transaction at hand was deleted: the same command reads them with all columns";

/// Rows that are locked, and are what they were given as.
pub(crate) struct Doomed<'a> {
    rows: Vec<(usize, &'a KeyBound)>,
    deleted: Deleted,
}

impl<'a> Doomed<'a> {
    /// Leaves out those that are not there as they were given.
    pub(crate) fn of(given: &'a [StoredRow], there: &HashMap<KeyBound, Values>) -> Self {
        let mut own = Self {
            rows: Vec::with_capacity(given.len()),
            deleted: Deleted::default(),
        };
        for (place, row) in given.iter().enumerate() {
            if there.get(&row.key) == Some(&row.values) {
                own.rows.push((place, &row.key));
            } else {
                own.deleted.changed.push(place);
            }
        }
        own
    }

    /// Leaves out those that others refer to.
    pub(crate) fn spare(&mut self, referred: &HashSet<KeyBound>) {
        let deleted = &mut self.deleted;
        self.rows.retain(|(place, key)| {
            let is_referred = referred.contains(*key);
            if is_referred {
                deleted.referred.push(*place);
            }
            !is_referred
        });
    }

    /// The keys of those that are left.
    pub(crate) fn keys(&self) -> Vec<&'a KeyBound> {
        self.rows.iter().map(|(_, key)| *key).collect()
    }

    /// What became of all, when those that are left are gone.
    pub(crate) fn deleted(self) -> Deleted {
        Deleted {
            rows: self.rows.len() as u64,
            ..self.deleted
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use daybreak_model::{KeyBound, KeyPart};

    use super::Doomed;
    use crate::StoredRow;

    #[test]
    fn only_what_is_as_it_was_and_nobody_refers_to_goes() {
        let key = |number| KeyBound(vec![KeyPart::Integer(number)]);
        let row = |number, text: &str| StoredRow {
            key: key(number),
            values: vec![Some(text.as_bytes().to_vec()), None],
        };
        let given = [row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d")];
        let there = [row(1, "a"), row(2, "B"), row(4, "d")];
        let there: HashMap<_, _> = there.into_iter().map(|row| (row.key, row.values)).collect();
        let mut doomed = Doomed::of(&given, &there);
        doomed.spare(&HashSet::from([key(4)]));
        assert_eq!(doomed.keys(), [&key(1)]);
        let deleted = doomed.deleted();
        assert_eq!(
            (deleted.rows, deleted.changed, deleted.referred),
            (1, vec![1, 2], vec![3])
        );
    }
}
