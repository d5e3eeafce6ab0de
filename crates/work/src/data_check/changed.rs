//! Which rows changed on the source and are not compared yet: what a cut-over follows, and what a check since an earlier one.

use std::collections::{BTreeMap, HashSet};

use daybreak_engine::{Change, Changes, EngineError, ErrorKind};
use daybreak_model::{KeyBound, Position, Table, TableName};

use super::node::in_words;

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
    /// The server and the error that ended the following for good: what came after it would be told, and what it hid would not.
    pub(super) lost: Option<(String, String)>,
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
            lost: None,
        }
    }

    /// Takes in what has changed so far, or a piece of it; whether that is all.
    pub(super) async fn take_in(&mut self) -> Result<bool, EngineError> {
        if let Some((server, why)) = &self.lost {
            return Err(EngineError {
                server: server.clone(),
                what: format!("failed to follow changes: some were missed when this failed: {why}"),
                kind: ErrorKind::Other,
                code: None,
                hint: Some("run the same command again: everything is compared anew".to_owned()),
                source: None,
            });
        }
        let next = self.changes.next().await;
        let (changes, position) = next.inspect_err(|error| {
            if !error.is_transient() {
                self.lost = Some((error.server.clone(), in_words(error)));
            }
        })?;
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
        let all = position.is_some();
        if all {
            self.followed_to = position;
        }
        Ok(all)
    }

    /// Rows that were taken and are not known to be the same: they are as changed as before.
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
