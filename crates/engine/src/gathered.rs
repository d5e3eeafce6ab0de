//! Changed rows, each once, on their way to whoever follows them.

use std::collections::{HashMap, HashSet};

use daybreak_model::{KeyBound, TableName};

use crate::Change;

/// Most changed rows that whoever follows a server while it is written is handed at once: what is more waits in the server's log.
pub(crate) const PIECE: usize = 20_000;

/// Rows that changed, and tables that changed in a way that names no row. Of more rows than it may hold, those of the table
/// with most of them are given up: the table counts as changed whole.
#[derive(Debug)]
pub(crate) struct Gathered {
    rows: HashMap<TableName, HashSet<KeyBound>>,
    whole: HashSet<TableName>,
    held: usize,
    most: usize,
}

impl Gathered {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            rows: HashMap::new(),
            whole: HashSet::new(),
            held: 0,
            most,
        }
    }

    pub(crate) fn add(&mut self, change: Change) {
        if self.whole.contains(&change.table) {
            return;
        }
        let Some(key) = change.key else {
            self.give_up(change.table);
            return;
        };
        if self.rows.entry(change.table).or_default().insert(key) {
            self.held += 1;
        }
        if self.held > self.most {
            let largest = self.rows.iter().max_by_key(|(_, rows)| rows.len());
            if let Some(table) = largest.map(|(table, _)| table.clone()) {
                self.give_up(table);
            }
        }
    }

    /// How many rows it holds.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    fn give_up(&mut self, table: TableName) {
        self.held -= self.rows.remove(&table).map_or(0, |rows| rows.len());
        self.whole.insert(table);
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        let whole = self.whole.into_iter().map(|table| Change { table, key: None });
        let rows = self.rows.into_iter().flat_map(|(table, keys)| {
            keys.into_iter().map(move |key| Change {
                table: table.clone(),
                key: Some(key),
            })
        });
        whole.chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyBound, KeyPart, TableName};

    use super::Gathered;
    use crate::Change;

    #[test]
    fn a_table_with_too_many_rows_is_changed_whole_and_others_stay() {
        let change = |table: &str, key: Option<i128>| Change {
            table: TableName::new("s", table),
            key: key.map(|key| KeyBound(vec![KeyPart::Integer(key)])),
        };
        let mut gathered = Gathered::new(4);
        gathered.add(change("small", Some(1)));
        for key in [1, 2, 3, 3, 1] {
            gathered.add(change("large", Some(key)));
        }
        assert_eq!(gathered.held, 4);
        for key in 4..9 {
            gathered.add(change("large", Some(key)));
        }
        gathered.add(change("emptied", Some(7)));
        gathered.add(change("emptied", None));
        assert_eq!(gathered.held, 1);
        let mut changes: Vec<String> = gathered
            .into_changes()
            .iter()
            .map(|change| {
                let key = change.key.as_ref().map_or("*".to_owned(), ToString::to_string);
                format!("{} {key}", change.table.name)
            })
            .collect();
        changes.sort();
        assert_eq!(changes, ["emptied *", "large *", "small 1"]);
    }
}
