use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::Table;

use crate::EngineError;

/// How a server would reach the rows of one table for a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// The table, as the statement calls it: its alias where it has one.
    pub table: String,
    /// The index that is used.
    pub index: Option<String>,
    /// Whether all of the table is read, or all of the index.
    pub whole: bool,
    /// Rows that the server expects to look at. PostgreSQL tells how many are left of them: where it has to leave some out, what it
    /// could look at for the cost it expects.
    pub rows: f64,
}

/// How a server would carry a statement out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explained {
    /// Its tables, in the order in which they are read.
    pub accesses: Vec<Access>,
    /// Whether rows are sorted.
    pub sorts: bool,
    /// Whether rows are put into a temporary table or a hash of groups first.
    pub temporary: bool,
}

/// How a statement went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rehearsed {
    /// Until its last row was here.
    pub took: Duration,
    /// Rows it gave.
    pub rows: u64,
}

/// A connection on which statements of the workload are tried. Each is sent alone, and what it changes is taken back.
#[async_trait]
pub trait Rehearse: Send {
    /// How it would be carried out. It is not, and nothing is written.
    ///
    /// # Errors
    /// Also when it is not a statement that can be explained.
    async fn explain(&mut self, statement: &str) -> Result<Explained, EngineError>;

    /// Carries it out in a transaction that is rolled back. Its rows are let go as they come.
    ///
    /// # Errors
    /// Also when it does not end in time.
    async fn carry_out(&mut self, statement: &str) -> Result<Rehearsed, EngineError>;

    /// A value of a column, as a literal, from the middle of its table; none where it holds none.
    async fn value_of(&mut self, table: &Table, column: &str) -> Result<Option<String>, EngineError>;

    /// How long it takes to store this many rows of a table once more, beside it in an empty table with the same indexes, which is
    /// taken away again.
    async fn store_again(&mut self, table: &Table, rows: u32) -> Result<Duration, EngineError>;
}
