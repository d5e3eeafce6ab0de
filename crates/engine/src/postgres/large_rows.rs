//! Where rows are read that are held whole: one by one, by one connection of a snapshot at a time.
//!
//! The driver's buffer grows to the largest row, may hold a second one beside it, and is let go only with its connection. So
//! large rows have connections of their own, each for some rows.

use std::sync::Arc;

use daybreak_model::Endpoint;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::classify::trouble;
use super::connection::{Connection, Purpose};
use crate::{EngineError, ErrorKind};

/// Bytes of rows after which a connection is left for another.
const ENOUGH: u64 = 16 << 20;

/// One reader's way to its large rows.
pub(crate) struct LargeRows {
    endpoint: Endpoint,
    /// Of all readers of the snapshot: whoever reads large rows has it.
    turn: Arc<Semaphore>,
}

impl LargeRows {
    pub(crate) fn new(endpoint: Endpoint, turn: Arc<Semaphore>) -> Self {
        Self { endpoint, turn }
    }

    /// Waits for the turn, then gives connections into the snapshot that `reader` sees.
    pub(crate) async fn begin(&self, reader: &Connection) -> Result<Beside<'_>, EngineError> {
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let what = "failed to share a snapshot with another connection";
        let snapshot = reader.value("SELECT pg_export_snapshot()", what).await?;
        let nothing = || trouble(reader.server(), what, ErrorKind::Other, None);
        Ok(Beside {
            endpoint: &self.endpoint,
            snapshot: snapshot.ok_or_else(nothing)?,
            connection: None,
            read: 0,
            _turn: turn.expect("nobody closes it"),
        })
    }
}

/// The connection for large rows, as long as the turn lasts.
pub(crate) struct Beside<'a> {
    endpoint: &'a Endpoint,
    snapshot: String,
    connection: Option<Connection>,
    read: u64,
    _turn: OwnedSemaphorePermit,
}

impl Beside<'_> {
    /// The connection for the next row, which is of about so many bytes.
    pub(crate) async fn next(&mut self, bytes: u64) -> Result<&Connection, EngineError> {
        if self.read >= ENOUGH {
            // Ended before the next begins, and its buffer with it.
            self.connection = None;
            self.read = 0;
        }
        self.read += bytes;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = Connection::open(self.endpoint, Purpose::Rows).await?;
                connection.enter_snapshot(&self.snapshot).await?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }
}
