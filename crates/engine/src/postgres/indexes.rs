//! Indexes as they are, and statements of new ones (manual, "pg_index", "CREATE INDEX").

use daybreak_model::TableName;

use super::connection::Connection;
use super::quote;
use crate::{EngineError, IndexStatements, NewIndex, Statement, TableIndex};

/// The indexes of tables.
pub(crate) async fn indexes(
    connection: &Connection,
    tables: &[TableName],
) -> Result<Vec<TableIndex>, EngineError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let named = tables
        .iter()
        .map(|table| {
            format!(
                "({}, {})",
                quote::literal(&table.schema),
                quote::literal(&table.name)
            )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let ask = include_str!("sql/indexes.sql").replace("{tables}", &named);
    let rows = connection.simple(&ask, "failed to read the indexes").await?;
    let index = |row: &tokio_postgres::SimpleQueryRow| {
        let text = |at: usize| row.get(at).unwrap_or_default();
        TableIndex {
            table: TableName::new(text(0), text(1)),
            name: text(2).to_owned(),
            columns: serde_json::from_str(text(3)).unwrap_or_default(),
            plain: text(4) == "t",
            unique: text(5) == "t",
            needed: text(6) == "t",
            bytes: text(7).parse().ok(),
            reads: text(8).parse().ok(),
        }
    };
    Ok(rows.iter().map(index).collect())
}

/// Nobody waits for `CONCURRENTLY`; it waits for every transaction that is older than itself. What is broken off leaves an index
/// that is kept up and never used, which is dropped.
pub(crate) fn statements(index: &NewIndex) -> IndexStatements {
    let (table, name) = (quote::table(&index.table), quote::identifier(&index.name));
    let columns = quote::identifiers(index.columns.iter().map(|(column, _)| column.as_str()));
    let own = quote::table(&TableName::new(&index.table.schema, &index.name));
    let patience = || Statement {
        what: "set a session's patience".to_owned(),
        text: "SET lock_timeout = '10min'".to_owned(),
    };
    IndexStatements {
        make: vec![
            patience(),
            Statement {
                what: format!("make index {name} of {table}"),
                text: format!("CREATE INDEX CONCURRENTLY {name} ON {table} ({columns})"),
            },
        ],
        drop: vec![
            patience(),
            Statement {
                what: format!("drop index {name} of {table}"),
                text: format!("DROP INDEX CONCURRENTLY IF EXISTS {own}"),
            },
        ],
    }
}
