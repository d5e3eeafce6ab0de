use async_trait::async_trait;
use daybreak_model::{RowRange, Table};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{Block, Copied, EngineError};

/// A statement that changes a server, with its text as shown to the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What messages call it, such as "create table `shop`.`orders`".
    pub what: String,
    /// The exact text sent.
    pub text: String,
}

/// One connection that writes rows and schema during a load.
#[async_trait]
pub trait Write: Send {
    /// Runs one statement.
    async fn execute(&mut self, statement: &Statement) -> Result<(), EngineError>;

    /// Runs statements in as few round trips as can be and opens a transaction that stays open until [`Write::commit`]. Where
    /// schema statements belong to transactions ([`schema_is_transactional`]) they are in it: dropped before, nothing of it is
    /// there. Elsewhere the statements stay, and rows written go.
    ///
    /// [`schema_is_transactional`]: crate::Database::schema_is_transactional
    async fn begin(&mut self, statements: &[Statement]) -> Result<(), EngineError>;

    /// Runs the last statements, brings the statistics of the tables up to date as [`Write::analyze`] does, and commits.
    async fn commit(&mut self, statements: &[Statement], tables: &[&Table]) -> Result<(), EngineError>;

    /// Stores the rows of a range in one transaction, committed only after `End` and only when the server took every
    /// row whole: a row skipped, a value cut or converted is an error naming table and value position, and nothing stays.
    /// After [`Write::begin`] it belongs to that one's transaction, which a failure ends.
    async fn write(
        &mut self,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Receiver<Block>,
    ) -> Result<Copied, EngineError>;

    /// Deletes the rows of a range (all of them for `Whole` and `Pages`): what a load does before writing a range again.
    async fn clear(&mut self, table: &Table, range: &RowRange) -> Result<(), EngineError>;

    /// Brings the planner's statistics of a freshly loaded table up to date, where the server does not do it itself.
    async fn analyze(&mut self, table: &Table) -> Result<(), EngineError>;
}
