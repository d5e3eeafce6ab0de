//! Encoded rows on their way to a writer, gathered into blocks.

use bytes::BytesMut;
use daybreak_model::Table;
use tokio::sync::mpsc;

use super::connection::Server;
use super::encode::BLOCK_BYTES;
use crate::{Block, Copied, EngineError, ErrorKind};

/// Room for the row that fills a block.
const ROOM: usize = BLOCK_BYTES + 8192;

/// Gathers what is encoded and passes it on. No block is of more than twice [`BLOCK_BYTES`], however large a row is, so that
/// what waits between reader and writer is bounded.
pub(super) struct Outgoing<'a> {
    server: &'a Server,
    table: &'a Table,
    blocks: &'a mpsc::Sender<Block>,
    block: BytesMut,
    copied: Copied,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(server: &'a Server, table: &'a Table, blocks: &'a mpsc::Sender<Block>) -> Self {
        Self {
            server,
            table,
            blocks,
            block: BytesMut::with_capacity(ROOM),
            copied: Copied::default(),
        }
    }

    /// Where the next bytes are to be put.
    pub(super) fn block(&mut self) -> &mut BytesMut {
        &mut self.block
    }

    /// Counts a row that is complete.
    pub(super) async fn row_done(&mut self) -> Result<(), EngineError> {
        self.copied.rows += 1;
        if self.block.len() >= BLOCK_BYTES {
            self.pass_on().await?;
        }
        Ok(())
    }

    /// Passes on what is there, but for less than a block.
    pub(super) async fn pass_on(&mut self) -> Result<(), EngineError> {
        while self.block.len() >= BLOCK_BYTES {
            let length = self.block.len();
            let at = if length < 2 * BLOCK_BYTES {
                length
            } else {
                BLOCK_BYTES
            };
            self.send(at).await?;
        }
        if self.block.is_empty() {
            self.block = BytesMut::with_capacity(ROOM);
        }
        Ok(())
    }

    async fn send(&mut self, bytes: usize) -> Result<(), EngineError> {
        let block = self.block.split_to(bytes).freeze();
        self.copied.bytes += block.len() as u64;
        let sent = self.blocks.send(Block::Rows(block)).await;
        sent.map_err(|_| self.gone())
    }

    /// Passes on the rest and ends.
    pub(super) async fn end(mut self) -> Result<Copied, EngineError> {
        self.pass_on().await?;
        if !self.block.is_empty() {
            self.send(self.block.len()).await?;
        }
        let ended = self.blocks.send(Block::End).await;
        ended.map_err(|_| self.gone())?;
        Ok(self.copied)
    }

    fn gone(&self) -> EngineError {
        self.server.error(
            ErrorKind::Interrupted,
            format!("stopped reading {}: the writer is gone", self.table.name),
        )
    }
}
