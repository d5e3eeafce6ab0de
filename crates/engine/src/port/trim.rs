use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{ForeignKey, KeyBound, RowFilter, RowRange, Table, TableName, ValueForm};

use crate::EngineError;

/// A row's stored values, in the table's order of columns: as the server writes them as text, bytes of [`ValueForm::Bytes`] as they
/// are; `None` for NULL.
pub type Values = Vec<Option<Vec<u8>>>;

/// A row with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Its key.
    pub key: KeyBound,
    /// Its values; empty where none were asked for.
    pub values: Values,
}

/// How many rows are fetched, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// Rows at most.
    pub rows: u64,
    /// Bytes of values after which no further row is taken.
    pub bytes: usize,
    /// Whether values are wanted beside the keys.
    pub values: bool,
}

/// What became of rows that were to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deleted {
    /// How many are gone by this.
    pub rows: u64,
    /// Places of rows that stay, for they are not as they were given, or no longer meant.
    pub changed: Vec<usize>,
    /// Places of rows that stay, for other rows refer to them.
    pub referred: Vec<usize>,
    /// How long the commit took.
    pub commit: Duration,
}

/// What keeps rows of a table from being taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrimObstacle {
    /// Its storage engine knows no transactions (MySQL family): a row that was locked and looked at could change before it is deleted.
    Engine(String),
    /// A foreign key refers to one of its partitions alone (PostgreSQL): rows that go would take others with them that nobody looked at.
    KeyToPartition {
        /// The foreign key.
        name: String,
        /// The table whose rows refer.
        child: TableName,
        /// The partition.
        partition: TableName,
    },
    /// A rule of the table rewrites deletes (PostgreSQL): one may do something else, or nothing, or more.
    Rewritten {
        /// The rule.
        rule: String,
    },
}

/// What is done to rows, as triggers wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerEvent {
    /// [`Trim::delete`].
    Delete,
    /// [`Trim::store`].
    Store,
}

/// One connection that takes rows out of tables, and puts them back.
#[async_trait]
pub trait Trim: Send {
    /// Takes a lock that ends with the session, which may go on for a while after whoever began it was killed: what it was told last is
    /// then done, or will not be. Waits a minute at most.
    ///
    /// # Errors
    /// Also when another session has it all that time.
    async fn hold(&mut self, name: &str) -> Result<(), EngineError>;

    /// What keeps rows of a table from being taken out of it.
    async fn obstacles(&mut self, table: &Table) -> Result<Vec<TrimObstacle>, EngineError>;

    /// Triggers of a table, or of its partitions, that would fire, by name.
    async fn triggers(&mut self, table: &Table, event: TriggerEvent) -> Result<Vec<String>, EngineError>;

    /// Whether the server understands a filter, without reading a row.
    async fn understands(&mut self, table: &Table, filter: &RowFilter) -> Result<(), EngineError>;

    /// The condition that a filter is here, for people to read.
    fn condition(&self, table: &Table, filter: &RowFilter) -> String;

    /// How many rows of a range a filter means.
    async fn count(
        &mut self,
        table: &Table,
        range: &RowRange,
        filter: &RowFilter,
    ) -> Result<u64, EngineError>;

    /// Rows of a key range that a filter means, in key order, from its beginning on. Fewer than `fetch` allows only where there are no
    /// more, or where they are too many bytes; at least one, if there is any.
    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        filter: &RowFilter,
        fetch: Fetch,
    ) -> Result<Vec<StoredRow>, EngineError>;

    /// Deletes rows, in one transaction: locks them, leaves those that the filter no longer means or that are not as given, leaves
    /// those that others refer to by any of these foreign keys, and deletes the rest by their keys.
    ///
    /// # Errors
    /// Also when rows have values, and the table a column by now that they were read without; none of them is deleted then.
    async fn delete(
        &mut self,
        table: &Table,
        filter: &RowFilter,
        rows: &[StoredRow],
        referring: &[ForeignKey],
    ) -> Result<Deleted, EngineError>;

    /// Sees that a table has no stored column but those that its rows were read with. [`Trim::delete`] sees it of rows with values, while
    /// nobody can change the table.
    ///
    /// # Errors
    /// When it has another.
    async fn has_no_other_column(&mut self, table: &Table) -> Result<(), EngineError>;

    /// Stores rows in one transaction, without triggers and checks of foreign keys where the server lets the account.
    ///
    /// # Errors
    /// Also when a row with such a key is there; none of them is stored then.
    async fn store(&mut self, table: &Table, rows: &[Values]) -> Result<(), EngineError>;

    /// What a table's stored columns hold, in their order.
    fn forms(&self, table: &Table) -> Vec<ValueForm>;
}
