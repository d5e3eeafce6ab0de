//! Rows out of a server: ranges, and their rows as blocks.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::BytesMut;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowRange, Table};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use tokio::sync::mpsc;

use super::checker::Checker;
use super::connection::Server;
use super::{column, encode, json, key, quote};
use crate::{Block, Check, Copied, EngineError, ErrorKind, Read};

/// One connection that reads rows, in a snapshot or as they are now.
#[derive(Debug)]
pub(crate) struct Reader {
    checker: Checker,
}

impl Reader {
    pub(crate) const fn new(server: Arc<Server>, conn: Conn, in_snapshot: bool) -> Self {
        Self {
            checker: Checker::over(server, conn, in_snapshot),
        }
    }

    async fn send(
        &self,
        conn: &mut Conn,
        table: &Table,
        sql: String,
        blocks: &mpsc::Sender<Block>,
    ) -> Result<Copied, EngineError> {
        let server = self.checker.server();
        let failed = |error| server.failed(format!("failed to read {}", table.name), error);
        let gone = || {
            server.error(
                ErrorKind::Interrupted,
                format!("stopped reading {}: the writer is gone", table.name),
            )
        };
        let json = json_columns(table);
        let mut copied = Copied::default();
        let mut result = conn.query_iter(sql).await.map_err(failed)?;
        let mut block = BytesMut::with_capacity(encode::BLOCK_BYTES + 8192);
        // Row by row without the stream, which allocates a future for each.
        while let Some(row) = result.next().await.map_err(failed)? {
            refuse_inexact(server, table, &json, &row)?;
            encode::row(&row, &mut block);
            copied.rows += 1;
            if block.len() >= encode::BLOCK_BYTES {
                copied.bytes += block.len() as u64;
                let full = block.split().freeze();
                blocks.send(Block::Rows(full)).await.map_err(|_| gone())?;
                block.reserve(encode::BLOCK_BYTES + 8192);
            }
        }
        if !block.is_empty() {
            copied.bytes += block.len() as u64;
            blocks
                .send(Block::Rows(block.freeze()))
                .await
                .map_err(|_| gone())?;
        }
        blocks.send(Block::End).await.map_err(|_| gone())?;
        Ok(copied)
    }
}

/// Positions of the JSON columns among those that are read, with their names.
fn json_columns(table: &Table) -> Vec<(usize, &str)> {
    let read = table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .enumerate();
    read.filter(|(_, column)| column::kind(column) == column::Kind::Json)
        .map(|(index, column)| (index, column.name.as_str()))
        .collect()
}

/// A JSON number that no load keeps exactly ends the copy by name.
fn refuse_inexact(
    server: &Server,
    table: &Table,
    columns: &[(usize, &str)],
    row: &Row,
) -> Result<(), EngineError> {
    for (index, name) in columns {
        if let Some(Value::Bytes(text)) = row.as_ref(*index)
            && let Some(number) = json::inexact_number(text)
        {
            return Err(EngineError {
                hint: Some("store it in the JSON value as a string, or round it to 17 digits".to_owned()),
                ..server.error(
                    ErrorKind::Unsupported,
                    format!(
                        "failed to read {}.{name}: the decimal {number} in its JSON cannot be loaded with all of its digits",
                        table.name
                    ),
                )
            });
        }
    }
    Ok(())
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
        self.checker.split(table, rows, bytes).await
    }

    async fn read(
        &mut self,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Sender<Block>,
    ) -> Result<Copied, EngineError> {
        let columns = table.columns.iter().filter(|column| !column.generated);
        let list: Vec<_> = columns.map(column::read_expression).collect();
        let flavor = self.checker.server().flavor().await?;
        let sql = format!(
            "SELECT {} FROM {}{}",
            list.join(", "),
            quote::table(&table.name),
            key::filter(table, range, flavor)
        );
        let mut conn = self.checker.take().await?;
        let copied = self.send(&mut conn, table, sql, &blocks).await?;
        self.checker.give_back(conn);
        Ok(copied)
    }
}
