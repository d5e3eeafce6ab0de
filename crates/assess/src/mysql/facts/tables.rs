use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::Asking;
use super::{Fact, OURS};
use crate::mysql::quote;

/// A database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) collation: String,
}

/// A table, view or sequence.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: TableName,
    /// `BASE TABLE`, `VIEW`, `SEQUENCE`, `SYSTEM VERSIONED`.
    pub(crate) kind: String,
    /// Empty where the server has no answer: a view, or a table it cannot open.
    pub(crate) engine: String,
    pub(crate) row_format: String,
    pub(crate) options: String,
    pub(crate) collation: String,
    /// The next number of its counter.
    pub(crate) counter: Option<u64>,
    /// Data and indexes, in bytes, as estimated.
    pub(crate) bytes: u64,
    /// Rows, as estimated; 0 where the server has no estimate.
    pub(crate) rows: u64,
    /// Of a view or table the server cannot open: why.
    pub(crate) comment: String,
}

impl Table {
    /// Whether it holds rows.
    pub(crate) fn is_base(&self) -> bool {
        self.kind == "BASE TABLE" || self.kind == "SYSTEM VERSIONED"
    }

    /// Its name as a statement wants it.
    pub(crate) fn quoted(&self) -> String {
        quote::object(&self.name.schema, &self.name.name)
    }

    /// An `ALTER TABLE` of it.
    pub(crate) fn alter(&self, what: &str) -> String {
        format!("ALTER TABLE {} {what}", self.quoted())
    }
}

/// All databases, the server's own too.
pub(super) async fn schemas(asking: &Asking<'_>) -> Result<Fact<Vec<Schema>>, EngineError> {
    let question = "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME \
                    FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME";
    let read = |mut row: super::Answer| Schema {
        name: row.text(),
        collation: row.text(),
    };
    asking.list("the databases", &["SELECT"], question, read).await
}

/// What applications have, views included.
pub(super) async fn tables(asking: &Asking<'_>) -> Result<Fact<Vec<Table>>, EngineError> {
    let question = include_str!("tables.sql").replace("{ours}", OURS);
    let read = |mut row: super::Answer| Table {
        name: TableName::new(row.text(), row.text()),
        kind: row.text(),
        engine: row.text(),
        row_format: row.text(),
        options: row.text(),
        collation: row.text(),
        counter: row.maybe().and_then(|counter| counter.parse().ok()),
        bytes: row.number(),
        rows: row.number(),
        comment: row.text(),
    };
    asking.list("the tables", &["SELECT"], &question, read).await
}

/// Tables in the server's own databases `mysql` and `sys`.
pub(super) async fn system_tables(
    asking: &Asking<'_>,
) -> Result<Fact<Vec<(TableName, String)>>, EngineError> {
    let question = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES \
                    WHERE TABLE_SCHEMA IN ('mysql', 'sys') ORDER BY TABLE_SCHEMA, TABLE_NAME";
    let read = |mut row: super::Answer| (TableName::new(row.text(), row.text()), row.text());
    asking
        .list("the system tables", &["SELECT"], question, read)
        .await
}
