//! Whether a table is read alone or with what hangs under it.

use std::collections::HashMap;

use daybreak_model::{Table, TableName};

use super::classify::trouble;
use super::connection::Connection;
use super::quote;
use crate::{EngineError, ErrorKind};

/// What was found out about tables on one connection.
#[derive(Default)]
pub(crate) struct Relations(HashMap<TableName, bool>);

impl Relations {
    /// Whether `ONLY` goes before the table's name: yes, unless it is partitioned, for then it holds no row itself. Tables
    /// that inherit from another are tables of their own.
    pub(crate) async fn only(&mut self, connection: &Connection, table: &Table) -> Result<bool, EngineError> {
        if let Some(only) = self.0.get(&table.name) {
            return Ok(*only);
        }
        let ask = format!(
            "SELECT relkind FROM pg_class WHERE oid = to_regclass({})",
            quote::literal(&quote::table(&table.name))
        );
        let what = format!("failed to look at table {}", table.name);
        let kind = connection.value(&ask, what.clone()).await?;
        let kind = kind.ok_or_else(|| {
            let error = trouble(connection.server(), what, ErrorKind::SchemaChanged, None);
            EngineError {
                hint: Some(
                    "the table is not there: was it dropped or renamed since the migration began?".to_owned(),
                ),
                ..error
            }
        })?;
        let only = kind != "p";
        self.0.insert(table.name.clone(), only);
        Ok(only)
    }
}
