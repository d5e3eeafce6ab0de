//! Which rows changed on the source and are not compared yet: what a cut-over follows, and what a check since an earlier one.

use std::collections::{BTreeMap, HashSet};

use daybreak_engine::{Change, Changes, EngineError};
use daybreak_model::{KeyBound, Position, Table, TableName};

/// Changed rows, by table.
pub(super) type Rows = BTreeMap<TableName, Vec<KeyBound>>;

/// Changes taken in, by table.
pub(super) struct Changed {
    changes: Box<dyn Changes>,
    pub(super) tables: BTreeMap<TableName, Table>,
    pub(super) rows: HashSet<(TableName, KeyBound)>,
    /// Tables that changed in a way that names no row: compared whole.
    pub(super) whole: HashSet<TableName>,
    /// Up to where all changes were taken in.
    pub(super) followed_to: Option<Position>,
}

impl Changed {
    pub(super) fn new(changes: Box<dyn Changes>, tables: &[Table]) -> Self {
        Self {
            changes,
            tables: tables
                .iter()
                .map(|table| (table.name.clone(), table.clone()))
                .collect(),
            rows: HashSet::new(),
            whole: HashSet::new(),
            followed_to: None,
        }
    }

    /// Takes in what has changed so far.
    pub(super) async fn take_in(&mut self) -> Result<(), EngineError> {
        let (changes, position) = self.changes.next().await?;
        for Change { table, key } in changes {
            let Some(known) = self.tables.get(&table) else {
                continue;
            };
            match key {
                Some(key) if known.key.is_some() => {
                    self.rows.insert((table, key));
                }
                _ => {
                    self.whole.insert(table);
                }
            }
        }
        self.followed_to = Some(position);
        Ok(())
    }

    /// Rows that were taken and could not be compared: they are as changed as before.
    pub(super) fn put_back(&mut self, rows: Rows) {
        for (table, keys) in rows {
            self.rows.extend(keys.into_iter().map(|key| (table.clone(), key)));
        }
    }

    /// The rows taken in, table by table; they are forgotten here.
    pub(super) fn take_rows(&mut self) -> Rows {
        let mut rows = Rows::new();
        for (table, key) in self.rows.drain() {
            rows.entry(table).or_default().push(key);
        }
        rows
    }

    pub(super) async fn close(self) -> Result<(), EngineError> {
        self.changes.close().await
    }
}
