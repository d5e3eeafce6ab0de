use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::{Answer, Asking};
use super::{Fact, OURS};
use crate::mysql::quote;

/// A part of an index.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// `None` for an expression.
    pub(crate) column: Option<String>,
    /// Characters or bytes of it, where not all.
    pub(crate) prefix: Option<u64>,
}

/// An index.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) table: TableName,
    pub(crate) name: String,
    pub(crate) unique: bool,
    /// `BTREE`, `FULLTEXT`, `SPATIAL`, `HASH`.
    pub(crate) kind: String,
    /// Whether the optimizer was told not to use it.
    pub(crate) ignored: bool,
    pub(crate) parts: Vec<Part>,
}

impl Index {
    /// Its full name, for a reader.
    pub(crate) fn object(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    /// Its name and its table's as a statement wants them: `DROP INDEX … ON …`.
    pub(crate) fn on_table(&self) -> String {
        format!(
            "{} ON {}",
            quote::name(&self.name),
            quote::object(&self.table.schema, &self.table.name)
        )
    }

    /// Its columns, expressions left out.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| part.column.as_deref())
    }
}

/// Indexes of the applications' tables.
pub(super) async fn indexes(asking: &Asking<'_>) -> Result<Fact<Vec<Index>>, EngineError> {
    let ignored = match () {
        () if asking.mysql_from(8, 0) => "IF(IS_VISIBLE = 'NO', 1, 0)",
        () if asking.maria_db_from(10, 6) => "IF(IGNORED = 'YES', 1, 0)",
        () => "0",
    };
    let question = include_str!("indexes.sql")
        .replace("{ours}", OURS)
        .replace("{ignored}", ignored);
    let read = |mut row: Answer| Index {
        table: TableName::new(row.text(), row.text()),
        name: row.text(),
        unique: !row.yes(),
        kind: row.text(),
        ignored: row.yes(),
        parts: vec![Part {
            column: row.maybe(),
            prefix: row.maybe().and_then(|prefix| prefix.parse().ok()),
        }],
    };
    let parts = asking.list("the indexes", &["SELECT"], &question, read).await?;
    Ok(parts.map(joined))
}

/// Rows of one part each, in order, as indexes.
fn joined(rows: Vec<Index>) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::with_capacity(rows.len());
    for row in rows {
        match indexes.last_mut() {
            Some(last) if last.table == row.table && last.name == row.name => last.parts.extend(row.parts),
            _ => indexes.push(row),
        }
    }
    indexes
}
