//! Reading rows.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use daybreak_model::{ChunkDigest, Flavor, KeyBound, RowDigest, RowRange, Table};
use futures_util::{StreamExt, pin_mut};
use tokio::sync::mpsc;

use super::checker::Checker;
use super::classify::{failure, trouble};
use super::connection::Connection;
use super::{encode, split};
use crate::{Block, Check, Copied, EngineError, ErrorKind, Read};

/// Size of a block, in bytes.
const BLOCK: usize = 256 * 1024;

/// One connection that reads rows, inside a snapshot or as they are now.
pub(crate) struct Reader {
    checker: Checker,
    /// Whether rows lie still while it reads: only in a snapshot do page ranges cover every row exactly once.
    in_snapshot: bool,
    flavor: Flavor,
}

impl Reader {
    pub(crate) fn new(connection: Connection, flavor: Flavor, in_snapshot: bool) -> Self {
        Self {
            checker: Checker::new(connection),
            in_snapshot,
            flavor,
        }
    }
}

/// Digests of what it reads: in a snapshot, of the snapshot.
#[async_trait]
impl Check for Reader {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        self.checker.split(table, rows, bytes).await
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        self.checker.chunk(table, range).await
    }

    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        limit: u64,
    ) -> Result<Vec<RowDigest>, EngineError> {
        self.checker.rows(table, range, limit).await
    }

    async fn rows_by_key(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<u64>>, EngineError> {
        self.checker.rows_by_key(table, keys).await
    }
}

#[async_trait]
impl Read for Reader {
    async fn cut(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let only = self.checker.only(table).await?;
        if only && self.in_snapshot && self.flavor.scans_page_ranges() {
            split::by_pages(self.checker.connection(), table, rows, bytes).await
        } else {
            split::by_key(self.checker.connection(), table, only, rows, bytes).await
        }
    }

    async fn read(
        &mut self,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Sender<Block>,
    ) -> Result<Copied, EngineError> {
        let only = self.checker.only(table).await?;
        let connection = self.checker.connection();
        let server = connection.server();
        let what = || format!("failed to read rows of {}", table.name);
        let lost = |error| changed(failure(server, what(), error));
        let gone = || {
            let hint = "the side that writes has ended: its own error says why";
            trouble(server, what(), ErrorKind::Interrupted, Some(hint))
        };
        let statement = encode::copy_out(table, range, only);
        let stream = connection.client().copy_out(&statement).await.map_err(lost)?;
        pin_mut!(stream);
        let mut gathered = BytesMut::with_capacity(BLOCK);
        let mut copied = Copied::default();
        while let Some(row) = stream.next().await {
            let row: Bytes = row.map_err(lost)?;
            copied.rows += 1;
            copied.bytes += row.len() as u64;
            if gathered.len() + row.len() > BLOCK && !gathered.is_empty() {
                let block = std::mem::replace(&mut gathered, BytesMut::with_capacity(BLOCK));
                blocks
                    .send(Block::Rows(block.freeze()))
                    .await
                    .map_err(|_| gone())?;
            }
            if row.len() >= BLOCK {
                blocks.send(Block::Rows(row)).await.map_err(|_| gone())?;
            } else {
                gathered.extend_from_slice(&row);
            }
        }
        if !gathered.is_empty() {
            blocks
                .send(Block::Rows(gathered.freeze()))
                .await
                .map_err(|_| gone())?;
        }
        blocks.send(Block::End).await.map_err(|_| gone())?;
        // In binary, the stream is a header, joined to the first row's message, the rows, and a trailer message of two bytes.
        if encode::format(table) == encode::Format::Binary {
            copied.rows = copied.rows.saturating_sub(1);
        }
        Ok(copied)
    }
}

/// A table or column that is gone, or of another type, was changed since it was described.
fn changed(mut error: EngineError) -> EngineError {
    if matches!(error.code.as_deref(), Some("42P01" | "42703" | "42704" | "3F000")) {
        error.kind = ErrorKind::SchemaChanged;
    }
    error
}
