//! Where the journal lies: the port.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::conductor::Conductor;
use crate::record::{Record, WrongFormat};

/// The right to write, until somebody else takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Grows with every taking: a conductor with an older one can write nothing.
    pub fence: u64,
}

/// A conductor on another machine that has not been heard of for this long has lost its lease.
pub const LEASE_LIFETIME: Duration = Duration::from_secs(30);

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else conducts.
    #[error("{} (process {} on {}) conducts this migration since {taken_at}", holder.name, holder.pid, holder.host)]
    Held {
        /// Who.
        holder: Box<Conductor>,
        /// Since when.
        taken_at: Timestamp,
        /// Whether it lives on this machine. If not, it is taken for dead [`LEASE_LIFETIME`] after its last sign of life.
        here: bool,
    },
    /// The lease was taken by somebody else since.
    #[error("another conductor has taken over this migration")]
    LeaseLost,
    /// The journal has grown, or shrunk, behind our back.
    #[error("the journal ends at record {found}, not at {expected}")]
    NotTheEnd {
        /// Where it ends.
        found: u64,
        /// Where the append believed it to end.
        expected: u64,
    },
    /// Another program's journal.
    #[error(transparent)]
    Format(#[from] WrongFormat),
    /// A stored value has not the form it was written in.
    #[error("the store of the journal is damaged: {0}")]
    Damaged(String),
    /// The database below failed: disk full, locked, gone.
    #[error("the store of the journal failed while it was {doing}")]
    Failed {
        /// What it was doing.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Held { here: true, .. } => {
                "watch it with `daybreak status`, steer it with `daybreak pause` or `abort`; to take over, end that process first"
            }
            Self::Held { here: false, .. } => {
                "steer it with `daybreak pause` or `abort`; if that machine is dead, try again in half a minute"
            }
            Self::LeaseLost => "this conductor has stopped; follow the other one with `daybreak status`",
            Self::NotTheEnd { .. } => "start again: the journal is read anew",
            Self::Format(WrongFormat::TooNew { .. }) => "use the newer release that wrote it",
            Self::Format(WrongFormat::TooOld { .. }) => "finish that migration with the release named here",
            Self::Damaged(_) => "restore the file from a copy; do not edit it",
            Self::Failed { .. } => {
                "free disk space or repair the file's permissions, then start again: nothing recorded is lost"
            }
        }
    }
}

/// Where records are kept.
///
/// - *Durable*: what an `append` that returned `Ok` wrote survives a crash of the process and of the machine.
/// - *All or nothing*: of the records of one append either all are there or none.
/// - *Unknown*: after an append that returned an error its records may be there or not. The caller must write nothing more
///   until it has read the journal anew under a new lease.
/// - *One writer*: appends need the newest lease.
/// - Every method may be called from several tasks at once; reading needs no lease.
#[async_trait]
pub trait Store: Send + Sync {
    /// Takes the right to write. Succeeds if nobody holds it, if its holder is known to be dead, or if its holder is on
    /// another machine and silent for [`LEASE_LIFETIME`]. Each success makes all earlier leases worthless.
    ///
    /// # Errors
    /// [`StoreError::Held`] while somebody else lives.
    async fn acquire(&self, conductor: &Conductor, now: Timestamp) -> Result<Lease, StoreError>;

    /// A sign of life. Appends count as one too. May be repeated.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody took over: the conductor must stop at once.
    async fn beat(&self, lease: Lease, now: Timestamp) -> Result<(), StoreError>;

    /// Gives the right back. Nothing happens if it is not ours any more.
    ///
    /// # Errors
    /// When the store fails; the lease then ends with the process.
    async fn release(&self, lease: Lease) -> Result<(), StoreError>;

    /// Who holds the lease now, dead or alive.
    ///
    /// # Errors
    /// When the store fails.
    async fn holder(&self) -> Result<Option<Conductor>, StoreError>;

    /// Adds records at the end. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] and [`StoreError::NotTheEnd`] mean that nothing was written; after
    /// [`StoreError::Failed`] it is unknown.
    async fn append(&self, lease: Lease, records: &[Record], now: Timestamp) -> Result<(), StoreError>;

    /// The records after number `after`, in order.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    async fn read(&self, after: u64) -> Result<Vec<Record>, StoreError>;

    /// Housekeeping that would otherwise happen by itself, at an unfortunate moment. Called before a span.
    ///
    /// # Errors
    /// When the store fails; nothing is lost.
    async fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
