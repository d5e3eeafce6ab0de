use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::{Answer, Asking};
use super::{Fact, OURS};

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) table: TableName,
    pub(crate) name: String,
    pub(crate) parent: TableName,
    pub(crate) columns: Vec<String>,
    pub(crate) parent_columns: Vec<String>,
}

impl ForeignKey {
    /// Its full name, for a reader.
    pub(crate) fn object(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// A partition.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// `RANGE COLUMNS`, `KEY`, …
    pub(crate) method: String,
    pub(crate) expression: String,
    pub(crate) description: String,
}

/// Foreign keys of the applications' tables.
pub(super) async fn foreign_keys(asking: &Asking<'_>) -> Result<Fact<Vec<ForeignKey>>, EngineError> {
    let question = include_str!("keys.sql").replace("{ours}", OURS);
    let read = |mut row: Answer| ForeignKey {
        table: TableName::new(row.text(), row.text()),
        name: row.text(),
        columns: vec![row.text()],
        parent: TableName::new(row.text(), row.text()),
        parent_columns: vec![row.text()],
    };
    let parts = asking
        .list("the foreign keys", &["SELECT"], &question, read)
        .await?;
    Ok(parts.map(|rows| {
        let mut keys: Vec<ForeignKey> = Vec::new();
        for row in rows {
            match keys.last_mut() {
                Some(last) if last.table == row.table && last.name == row.name => {
                    last.columns.extend(row.columns);
                    last.parent_columns.extend(row.parent_columns);
                }
                _ => keys.push(row),
            }
        }
        keys
    }))
}

/// Partitions of the applications' tables.
pub(super) async fn partitions(asking: &Asking<'_>) -> Result<Fact<Vec<Partition>>, EngineError> {
    let question = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION \
         FROM information_schema.PARTITIONS WHERE PARTITION_NAME IS NOT NULL AND TABLE_SCHEMA NOT IN ({OURS}) \
         ORDER BY TABLE_SCHEMA, TABLE_NAME, PARTITION_ORDINAL_POSITION"
    );
    let read = |mut row: Answer| Partition {
        table: TableName::new(row.text(), row.text()),
        name: row.text(),
        method: row.text(),
        expression: row.text(),
        description: row.text(),
    };
    asking.list("the partitions", &["SELECT"], &question, read).await
}
