use async_trait::async_trait;
use bytes::Bytes;
use daybreak_model::{Position, RowRange, Table};
use tokio::sync::mpsc;

use crate::{Chunks, EngineError};

/// A piece of encoded rows on its way from a [`Read`] to a [`Write`](crate::Write) of the same family.
///
/// A channel that closes without `End` is a broken copy: the writer must undo what it wrote of it.
#[derive(Debug)]
pub enum Block {
    /// Encoded rows (MySQL: `LOAD DATA` text; PostgreSQL: `COPY` stream), cut anywhere.
    Rows(Bytes),
    /// All rows were sent.
    End,
}

/// How much was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Rows.
    pub rows: u64,
    /// Encoded bytes.
    pub bytes: u64,
}

/// A consistent snapshot, held until dropped.
#[async_trait]
pub trait Snapshot: Send {
    /// Where the change stream stands at the snapshot.
    fn position(&self) -> &Position;

    /// Whether the schema still is as it was at the snapshot, with every schema statement that ran then at its end: what was
    /// read of it since holds. `None` where this cannot be told.
    async fn schema_stands(&mut self) -> Result<Option<bool>, EngineError>;

    /// The name by which another session of the server sees the same, until the snapshot ends; `None` where there are no such names
    /// (MySQL family).
    fn shared_as(&self) -> Option<&str>;

    /// The connections inside the snapshot; taken once.
    fn take_readers(&mut self) -> Vec<Box<dyn Read>>;

    /// Ends it. Dropping does the same without waiting.
    async fn close(self: Box<Self>) -> Result<(), EngineError>;
}

/// Where rows are read from, with digests of what is seen there: inside a snapshot, of the snapshot.
#[async_trait]
pub trait Read: Chunks {
    /// Cuts a table into ranges like [`Chunks::split`], but in whatever way reads fastest here, pages included.
    async fn cut(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError>;

    /// Sends the rows of a range as blocks of some 64–512 KiB, then `End`. Waits when the channel is full, so memory
    /// is bounded by the channel and one row. Returns what was sent; stops early, with an error, when the receiver is gone.
    async fn read(
        &mut self,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Sender<Block>,
    ) -> Result<Copied, EngineError>;
}
