use async_trait::async_trait;
use daybreak_model::{KeyPart, Table, TableName};
use serde::{Deserialize, Serialize};

use crate::EngineError;

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// MySQL family: its name. PostgreSQL: the table that it is.
    pub name: TableName,
    /// Its bound, as the server has it.
    pub bound: String,
}

/// Partitions taken out of a table as a whole. A table that others hold is waited for five seconds at most, because everybody waits
/// behind it; then it is left as it was.
#[async_trait]
pub trait Partitions: Send {
    /// Partitions that by their bounds alone hold no other rows than those whose value of a column is before this one, whatever is
    /// written into them meanwhile; the lowest first, and never all. None where a table is not divided by ranges of that one column, and on PostgreSQL
    /// where subscribers are sent its changes: they would not be told. Nor where a trigger waits for deletes.
    async fn before(
        &mut self,
        table: &Table,
        column: &str,
        value: &KeyPart,
    ) -> Result<Vec<Partition>, EngineError>;

    /// The statements of [`Partitions::set_aside`] and of [`Partitions::remove`], to be shown.
    fn statements(&self, table: &Table, partition: &Partition, aside: Option<&TableName>) -> Vec<String>;

    /// Makes the rows of a partition the rows of a table of their own, at once. On the MySQL family an empty partition is left.
    async fn set_aside(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError>;

    /// Makes a table that was set aside the partition again that it was, with its rows.
    ///
    /// # Errors
    /// Also when there is no such place any more: the partition holds rows by now, or is gone.
    async fn put_back(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError>;

    /// Takes a partition away with the rows that it holds; with `empty`, only if it holds none, seen while nobody can write. Whether it is gone.
    async fn remove(
        &mut self,
        table: &Table,
        partition: &Partition,
        empty: bool,
    ) -> Result<bool, EngineError>;

    /// The rows of a partition.
    async fn rows(&mut self, table: &Table, partition: &Partition) -> Result<u64, EngineError>;

    /// Whether a table that was to be set aside is there: waits for a session that may still be at work on it.
    async fn is_there(&mut self, table: &TableName) -> Result<bool, EngineError>;

    /// Drops a table that was set aside. [`Partitions::is_there`] waits for the session that does.
    async fn drop_aside(&mut self, aside: &TableName) -> Result<(), EngineError>;
}
