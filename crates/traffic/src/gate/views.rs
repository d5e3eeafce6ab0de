//! What the gate asks the servers, through whoever started it: it has no database driver of its own.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::side::Side;

/// A question to a server that failed. Printed in the gate's log; carries no secret.
pub type ViewError = Box<dyn std::error::Error + Send + Sync>;

/// A server's session list.
#[async_trait]
pub trait SessionView: Send + Sync {
    /// Of the connections that come to `side`'s server from these local ports of this machine: those that are
    /// in a transaction or executing something. A port that the server does not know is in neither; a view that
    /// finds none of them at all should fail, since then an address translation may stand between.
    /// Called again a few milliseconds after each answer during a drain, never concurrently with itself.
    ///
    /// The answer must be of a moment after the call. MySQL's `INNODB_TRX` is not: it shows the same old rows
    /// for as long as it is read more often than every 100 ms (InnoDB's `trx0i_s.cc`), so a view on it must let
    /// that time pass itself; `performance_schema.events_transactions_current` is fresh, and knows transactions
    /// that have not touched InnoDB yet as well.
    ///
    /// # Errors
    /// If the server cannot be asked; every connection then counts as busy until the next answer.
    async fn in_transaction(&self, side: Side, local_ports: &[u16]) -> Result<HashSet<u16>, ViewError>;
}

/// Which side may be written.
#[async_trait]
pub trait WriterView: Send + Sync {
    /// The side that applications may write right now, asked from the servers; none if it is neither. `pointed` is where
    /// traffic went last: it is the answer where the servers alone do not tell (both accept writes, or the other one is
    /// silent), as long as it is open itself. Asked up to 250 ms before the deadline of a hold, so an answer that takes
    /// longer comes too late.
    ///
    /// # Errors
    /// If it cannot be told.
    async fn writable(&self, pointed: Side) -> Result<Option<Side>, ViewError>;
}
