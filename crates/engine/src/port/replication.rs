use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{KeyBound, Position, Refusal, ReplicationStatus, Scope, TableName};

use crate::{EngineError, Statement};

/// Native replication in one direction between two servers: `from` leads, `to` follows.
///
/// The states of a direction: *absent* → `prepare` → *prepared* → `start` → *running* → `stop` → *prepared* → `remove` → *absent*.
/// Every method is idempotent and may be called again after a crash in the middle of it.
#[async_trait]
pub trait Replication: Send + Sync {
    /// Why this direction cannot work between these two flavors and settings, before anything is changed; `None` when it can.
    async fn refusal(&self) -> Result<Option<Refusal>, EngineError>;

    /// The statements `prepare` runs, with the server each runs on, secrets shown as `'…'`.
    fn prepare_statements(&self) -> Vec<(String, Statement)>;

    /// The statements `start` runs after it, in the same way.
    fn start_statements(&self) -> Vec<(String, Statement)>;

    /// Makes the account (and publication) on `from`. Changes nothing on `to`.
    async fn prepare(&self, scope: &Scope) -> Result<(), EngineError>;

    /// Whether `from` has what `prepare` makes.
    async fn is_prepared(&self) -> Result<bool, EngineError>;

    /// Why this direction cannot start at a position, before anything is loaded that stands there: it is no position of `from`, or
    /// `from` has thrown away what came after it. `None` when it can.
    async fn cannot_start_at(&self, position: &Position) -> Result<Option<Refusal>, EngineError>;

    /// Starts from a position at which both sides hold the same data. With `None` from *now*: the caller guarantees that the
    /// sides are equal at this moment, or that all that differs originated at `to` (the way back of a running pair).
    async fn start(&self, from: Option<&Position>) -> Result<(), EngineError>;

    /// Makes ready, before a cut-over's pause, all of `start` that does not need the pause. PostgreSQL starts
    /// replicating with a publication that publishes nothing; MySQL starts replicating at once, for what comes back is recognised by GTID or server id.
    async fn arm(&self) -> Result<(), EngineError>;

    /// Inside the pause, when both sides are equal and neither is written: lets changes made on `from` from now on flow.
    /// Quick. After it returns, `status` shows the link running, or becomes so within moments.
    async fn engage(&self) -> Result<(), EngineError>;

    /// Inside the pause, when both sides are equal and neither is written: this direction ends, and nothing that is written on
    /// `from` afterwards comes through it any more. Quick, and certain when it returns. Where what comes back is recognised
    /// (MySQL, by GTID or server id), there is nothing to do. `reengage` takes it back.
    async fn disengage(&self) -> Result<(), EngineError>;

    /// Inside the pause, when `from` is to be written again after all: lets its changes flow as before `disengage`. Asks only
    /// `from`, and only where `disengage` did something: the other side may be gone.
    async fn reengage(&self) -> Result<(), EngineError>;

    /// Lets a link that is set up run again, as after a restart of its server; one that runs goes on. What stopped it by an
    /// error will stop it again, and `status` says so.
    ///
    /// # Errors
    /// When it was never set up.
    async fn resume(&self) -> Result<(), EngineError>;

    /// What it is doing.
    async fn status(&self) -> Result<ReplicationStatus, EngineError>;

    /// Waits until `to` has applied everything up to `position` of `from`.
    ///
    /// # Errors
    /// When that does not happen within `deadline`, or replication stops with a fault, or a server is gone.
    async fn wait_for(&self, position: &Position, deadline: Duration) -> Result<(), EngineError>;

    /// Stops applying and fetching; keeps what is needed to start again.
    async fn stop(&self) -> Result<(), EngineError>;

    /// Removes link, subscription and slot, so that `from` keeps no logs for it. Account and publication stay.
    async fn remove(&self) -> Result<(), EngineError>;

    /// Gives up what keeps changes on the leader from a load's snapshot on, where something does (PostgreSQL: the replication
    /// slot): for a load that will not be replicated from. Idempotent.
    async fn forget_snapshot(&self) -> Result<(), EngineError> {
        Ok(())
    }
}

/// A row that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Its table.
    pub table: TableName,
    /// Its key, as in the checker's [`RowDigest`](daybreak_model::RowDigest); `None` for a table without a key or a whole-table change (TRUNCATE).
    pub key: Option<KeyBound>,
}

/// Follows which rows change on a server, so that a check inside the pause costs the change rate and not the size.
#[async_trait]
pub trait Changes: Send {
    /// The changes that are available now, and the position up to which they are complete. Empty when nothing changed. Where very
    /// many are available they come a piece at a time: without a position, there are more, and the last piece comes to where the
    /// server stood when the first was asked for.
    async fn next(&mut self) -> Result<(Vec<Change>, Option<Position>), EngineError>;

    /// Stops following and leaves nothing behind on the server.
    async fn close(self: Box<Self>) -> Result<(), EngineError>;
}
