//! Foreign keys (manual, "pg_constraint").

use daybreak_model::{ForeignKey, TableName};

use super::connection::Connection;
use super::quote;
use crate::EngineError;

/// Those that lead from a table of these schemas or to one.
pub(crate) async fn foreign_keys(
    connection: &Connection,
    schemas: &[String],
) -> Result<Vec<ForeignKey>, EngineError> {
    let schemas = quote::text_array(schemas.iter().map(String::as_str));
    let ask = include_str!("sql/foreign_keys.sql").replace("{schemas}", &schemas);
    let rows = connection.simple(&ask, "failed to read the foreign keys").await?;
    let text = |row: &tokio_postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    let columns = |row: &tokio_postgres::SimpleQueryRow, at: usize| {
        let list = row.get(at).unwrap_or_default();
        list.split('\x01').map(str::to_owned).collect()
    };
    let key = |row: &tokio_postgres::SimpleQueryRow| ForeignKey {
        name: text(row, 0),
        child: TableName::new(text(row, 1), text(row, 2)),
        parent: TableName::new(text(row, 3), text(row, 4)),
        on_delete: text(row, 5),
        child_columns: columns(row, 6),
        parent_columns: columns(row, 7),
    };
    Ok(rows.iter().map(key).collect())
}
