//! Reading rows.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf, Bytes, BytesMut};
use daybreak_model::{ChunkDigest, Flavor, RowRange, Table};
use futures_util::{StreamExt, pin_mut};
use tokio::sync::mpsc;
use tokio_postgres::SimpleQueryRow;

use super::checker::Checker;
use super::classify::{failure, trouble};
use super::connection::Connection;
use super::encode::{self, Place};
use super::large_rows::LargeRows;
use super::sizes::Sizes;
use super::split;
use crate::{Block, Chunks, Copied, EngineError, ErrorKind, Read};

/// Size of a block, in bytes.
const BLOCK: usize = 256 * 1024;

/// One connection that reads rows, inside a snapshot or as they are now.
pub(crate) struct Reader {
    checker: Checker,
    flavor: Flavor,
    /// In a snapshot, where rows lie still while it reads: only there do page ranges cover every row exactly once, and stay
    /// large rows where they were found.
    in_snapshot: Option<InSnapshot>,
}

/// What a reader in a snapshot has with it.
pub(crate) struct InSnapshot {
    pub(crate) large: LargeRows,
    /// Shared by all readers of the snapshot.
    pub(crate) sizes: Arc<Sizes>,
}

impl Reader {
    pub(crate) fn new(connection: Connection, flavor: Flavor, in_snapshot: Option<InSnapshot>) -> Self {
        Self {
            checker: Checker::new(connection),
            flavor,
            in_snapshot,
        }
    }

    /// Where the large rows of a range lie. Only in a snapshot do rows stay where they are.
    async fn large(
        &mut self,
        table: &Table,
        range: &RowRange,
        only: bool,
    ) -> Result<Vec<Place>, EngineError> {
        let question = encode::large_rows(table, range, only);
        let Some((question, in_snapshot)) = question.zip(self.in_snapshot.as_ref()) else {
            return Ok(Vec::new());
        };
        // Without `only` the rows are those of partitions, which keep their large values themselves.
        if only
            && let Some(size) = in_snapshot.sizes.of(self.checker.connection(), table).await?
            && size.large_values <= encode::FEW_LARGE_VALUES
        {
            return Ok(Vec::new());
        }
        let what = format!("failed to look for large rows of {}", table.name);
        let found = self.checker.connection().simple(&question, what).await?;
        let place = |row: &SimpleQueryRow| {
            Some(Place {
                table: row.get(0)?.to_owned(),
                row: row.get(1)?.to_owned(),
                bytes: row.get(2)?.parse().ok()?,
            })
        };
        let places: Vec<Place> = found.iter().filter_map(place).collect();
        if places.len() < found.len() {
            let what = format!(
                "failed to look for large rows of {}: an answer cannot be read",
                table.name
            );
            return Err(trouble(
                self.checker.connection().server(),
                what,
                ErrorKind::Other,
                None,
            ));
        }
        Ok(places)
    }

    /// Sends the rows of one `COPY`, without what begins and ends a stream of them but, for the first, its beginning. Gives
    /// the number of rows.
    async fn pass_on(
        connection: &Connection,
        table: &Table,
        statement: &str,
        first: bool,
        out: &mut Outgoing<'_>,
    ) -> Result<u64, EngineError> {
        let server = connection.server();
        let lost = |error| {
            changed(failure(
                server,
                format!("failed to read rows of {}", table.name),
                error,
            ))
        };
        let binary = encode::format(table) == encode::Format::Binary;
        let stream = connection.client().copy_out(statement).await.map_err(lost)?;
        pin_mut!(stream);
        let mut messages = 0;
        // One message is held back, for the last ends with the trailer.
        let mut held: Option<Bytes> = None;
        while let Some(message) = stream.next().await {
            let mut message: Bytes = message.map_err(lost)?;
            if binary && !first && messages == 0 {
                // The header is joined to the first row's message.
                message.advance(encode::HEADER.min(message.len()));
            }
            messages += 1;
            if let Some(before) = held.replace(message) {
                out.push(before).await?;
            }
        }
        if let Some(mut last) = held {
            if binary {
                last.truncate(last.len().saturating_sub(encode::TRAILER.len()));
            }
            out.push(last).await?;
        }
        // In binary the trailer is a message of its own, and the header alone is joined to it where there is no row.
        Ok(if binary {
            messages - messages.min(1)
        } else {
            messages
        })
    }
}

/// Digests of what it reads: in a snapshot, of the snapshot.
#[async_trait]
impl Chunks for Reader {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        self.checker.split(table, rows, bytes).await
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        self.checker.chunk(table, range).await
    }
}

#[async_trait]
impl Read for Reader {
    async fn cut(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let only = self.checker.only(table).await?;
        if only
            && self.flavor.scans_page_ranges()
            && let Some(in_snapshot) = &self.in_snapshot
        {
            let size = in_snapshot.sizes.of(self.checker.connection(), table).await?;
            Ok(split::by_pages(
                table,
                size.map_or(0, |size| size.rows),
                rows,
                bytes,
            ))
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
        let large = self.large(table, range, only).await?;
        let mut out = Outgoing::new(self.checker.connection().server(), table, &blocks);
        let statement = if large.is_empty() {
            encode::copy_out(table, range, only)
        } else {
            encode::copy_small_out(table, range, only)
        };
        let connection = self.checker.connection();
        let mut rows = Self::pass_on(connection, table, &statement, true, &mut out).await?;
        if let Some(in_snapshot) = self.in_snapshot.as_ref().filter(|_| !large.is_empty()) {
            let mut beside = in_snapshot.large.begin(connection).await?;
            // One `COPY` for each, so that the driver does not read the next while one is on its way.
            for place in &large {
                let statement = encode::copy_row_out(table, place);
                let connection = beside.next(place.bytes).await?;
                let sent = Self::pass_on(connection, table, &statement, false, &mut out).await?;
                if sent != 1 {
                    let what = format!(
                        "failed to read a large row of {}: it is not where it was",
                        table.name
                    );
                    let server = self.checker.connection().server();
                    return Err(trouble(server, what, ErrorKind::Other, None));
                }
                rows += sent;
            }
        }
        if encode::format(table) == encode::Format::Binary {
            out.push(Bytes::from_static(&encode::TRAILER)).await?;
        }
        out.end(rows).await
    }
}

/// What is read, gathered into blocks.
struct Outgoing<'a> {
    server: &'a str,
    table: &'a Table,
    blocks: &'a mpsc::Sender<Block>,
    gathered: BytesMut,
    bytes: u64,
}

impl<'a> Outgoing<'a> {
    fn new(server: &'a str, table: &'a Table, blocks: &'a mpsc::Sender<Block>) -> Self {
        Self {
            server,
            table,
            blocks,
            gathered: BytesMut::with_capacity(BLOCK),
            bytes: 0,
        }
    }

    async fn push(&mut self, mut rows: Bytes) -> Result<(), EngineError> {
        if self.gathered.len() + rows.len() > BLOCK {
            self.send_gathered().await?;
        }
        while rows.len() >= BLOCK {
            // A copy, so that what waits does not keep a large row as a whole.
            let slice = Bytes::copy_from_slice(&rows.split_to(BLOCK));
            self.send(Block::Rows(slice)).await?;
        }
        self.gathered.extend_from_slice(&rows);
        Ok(())
    }

    async fn send_gathered(&mut self) -> Result<(), EngineError> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.gathered, BytesMut::with_capacity(BLOCK));
        self.send(Block::Rows(block.freeze())).await
    }

    async fn send(&mut self, block: Block) -> Result<(), EngineError> {
        if let Block::Rows(rows) = &block {
            self.bytes += rows.len() as u64;
        }
        self.blocks.send(block).await.map_err(|_| {
            let hint = "the side that writes has ended: its own error says why";
            let what = format!("failed to read rows of {}", self.table.name);
            trouble(self.server, what, ErrorKind::Interrupted, Some(hint))
        })
    }

    async fn end(mut self, rows: u64) -> Result<Copied, EngineError> {
        self.send_gathered().await?;
        self.send(Block::End).await?;
        Ok(Copied {
            rows,
            bytes: self.bytes,
        })
    }
}

/// A table or column that is gone, or of another type, was changed since it was described.
fn changed(mut error: EngineError) -> EngineError {
    if matches!(error.code.as_deref(), Some("42P01" | "42703" | "42704" | "3F000")) {
        error.kind = ErrorKind::SchemaChanged;
    }
    error
}
