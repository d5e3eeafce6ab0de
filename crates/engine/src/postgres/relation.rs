//! Whether a table is read alone or with what hangs under it.

use std::collections::{HashMap, HashSet};

use daybreak_model::{Table, TableName};

use super::classify::trouble;
use super::connection::Connection;
use super::quote;
use crate::{EngineError, ErrorKind};

/// What was found out about tables on one connection: of a whole schema at once, for a load comes to all of its tables.
#[derive(Default)]
pub(crate) struct Relations {
    only: HashMap<TableName, bool>,
    schemas: HashSet<String>,
}

impl Relations {
    /// Whether `ONLY` goes before the table's name: yes, unless it is partitioned, for then it holds no row itself. Tables
    /// that inherit from another are tables of their own.
    pub(crate) async fn only(&mut self, connection: &Connection, table: &Table) -> Result<bool, EngineError> {
        if !self.schemas.contains(&table.name.schema) {
            self.look(connection, &table.name.schema).await?;
        }
        if let Some(only) = self.only.get(&table.name) {
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
        self.only.insert(table.name.clone(), only);
        Ok(only)
    }

    /// The same, if it was found out already.
    pub(crate) fn known(&self, table: &Table) -> bool {
        self.only.get(&table.name).copied().unwrap_or_default()
    }

    async fn look(&mut self, connection: &Connection, schema: &str) -> Result<(), EngineError> {
        let ask = format!(
            "SELECT c.relname, c.relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p')",
            quote::literal(schema)
        );
        let what = format!("failed to look at the tables of {schema}");
        for row in connection.simple(&ask, what).await? {
            if let (Some(name), Some(kind)) = (row.get(0), row.get(1)) {
                self.only.insert(TableName::new(schema, name), kind != "p");
            }
        }
        self.schemas.insert(schema.to_owned());
        Ok(())
    }
}
