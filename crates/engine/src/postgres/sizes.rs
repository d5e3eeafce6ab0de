//! How much room tables take, asked once for a whole schema: for thousands of small tables a question each would be much of a
//! load.

use std::collections::{HashMap, HashSet};

use daybreak_model::{Table, TableName};
use tokio::sync::Mutex;

use super::connection::Connection;
use super::quote;
use crate::EngineError;

/// Room on disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Of the rows themselves.
    pub(crate) rows: u64,
    /// Of the large values that are stored apart from their rows (manual, "TOAST").
    pub(crate) large_values: u64,
}

/// What was asked so far, by any of the connections that share a snapshot. A size holds for as long as the snapshot: whatever it
/// sees was on disk before.
#[derive(Default)]
pub(crate) struct Sizes(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    of: HashMap<TableName, Size>,
    schemas: HashSet<String>,
}

impl Sizes {
    /// The size of a table; `None` of one that holds no rows itself, or is not there.
    pub(crate) async fn of(
        &self,
        connection: &Connection,
        table: &Table,
    ) -> Result<Option<Size>, EngineError> {
        // Held over the question: who comes meanwhile waits for its answer.
        let mut asked = self.0.lock().await;
        let schema = &table.name.schema;
        if asked.schemas.contains(schema) {
            return Ok(asked.of.get(&table.name).copied());
        }
        let ask = format!(
            "SELECT c.relname, pg_relation_size(c.oid), coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
             FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = {} AND c.relkind = 'r'",
            quote::literal(schema)
        );
        let what = format!("failed to ask for the sizes of the tables in {schema}");
        for row in connection.simple(&ask, what).await? {
            let number = |column| row.get(column).and_then(|text| text.parse().ok());
            if let (Some(name), Some(rows), Some(large_values)) = (row.get(0), number(1), number(2)) {
                let size = Size { rows, large_values };
                asked.of.insert(TableName::new(schema, name), size);
            }
        }
        asked.schemas.insert(schema.clone());
        Ok(asked.of.get(&table.name).copied())
    }
}
