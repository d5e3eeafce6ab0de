//! Foreign keys (manual, "The INFORMATION_SCHEMA KEY_COLUMN_USAGE Table" and "… REFERENTIAL_CONSTRAINTS Table").

use daybreak_model::{ForeignKey, TableName};

use super::connection::Server;
use super::quote;
use crate::EngineError;

impl Server {
    /// Those that lead from a table of these schemas or to one.
    pub(super) async fn foreign_keys(&self, schemas: &[String]) -> Result<Vec<ForeignKey>, EngineError> {
        type Fields = (String, String, String, String, String, String, String, String);
        let schemas = quote::texts(schemas);
        let sql = format!(
            "SELECT k.CONSTRAINT_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, \
             k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE \
             FROM information_schema.KEY_COLUMN_USAGE AS k \
             JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA \
             AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
             WHERE k.TABLE_SCHEMA IN ({schemas}) OR k.REFERENCED_TABLE_SCHEMA IN ({schemas}) \
             ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION"
        );
        let rows: Vec<Fields> = self.rows("failed to read the foreign keys", &sql).await?;
        let mut keys: Vec<ForeignKey> = Vec::new();
        for (name, schema, table, column, parent_schema, parent_table, parent_column, on_delete) in rows {
            let child = TableName::new(schema, table);
            match keys
                .last_mut()
                .filter(|last| last.name == name && last.child == child)
            {
                Some(last) => {
                    last.child_columns.push(column);
                    last.parent_columns.push(parent_column);
                }
                None => keys.push(ForeignKey {
                    name,
                    child,
                    child_columns: vec![column],
                    parent: TableName::new(parent_schema, parent_table),
                    parent_columns: vec![parent_column],
                    on_delete,
                }),
            }
        }
        Ok(keys)
    }
}
