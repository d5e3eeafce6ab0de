//! Rows out of a server: ranges, and their rows as blocks.

use std::sync::Arc;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, RowRange, Table};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::mpsc;

use super::checker::Checker;
use super::connection::Server;
use super::outgoing::Outgoing;
use super::{column, encode, json, key, pieces, quote};
use crate::{Block, Chunks, Copied, EngineError, Read};

/// One connection that reads rows, in a snapshot or as they are now.
#[derive(Debug)]
pub(crate) struct Reader {
    checker: Checker,
    in_snapshot: bool,
}

impl Reader {
    pub(crate) fn new(server: Arc<Server>, conn: Conn, in_snapshot: bool) -> Self {
        Self {
            checker: Checker::over(server, conn, in_snapshot),
            in_snapshot,
        }
    }

    /// The rows of one statement.
    async fn send(
        &self,
        conn: &mut Conn,
        table: &Table,
        sql: String,
        out: &mut Outgoing<'_>,
    ) -> Result<(), EngineError> {
        let server = self.checker.server();
        let failed = |error| server.failed(format!("failed to read {}", table.name), error);
        let json_columns = json::columns(table);
        let mut result = conn.query_iter(sql).await.map_err(failed)?;
        // Row by row without the stream, which allocates a future for each.
        while let Some(row) = result.next().await.map_err(failed)? {
            json::refuse_inexact(server, table, &json_columns, &row)?;
            encode::row(&row, out.block());
            out.row_done().await?;
        }
        Ok(())
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
        let server = &Arc::clone(self.checker.server());
        let flavor = server.flavor().await?;
        let mut conditions: Vec<String> = key::condition(table, range, flavor).into_iter().collect();
        let mut conn = self.checker.take().await?;
        // Only in a snapshot do the pieces of a row belong together.
        let large = if self.in_snapshot {
            pieces::large_rows(server, &mut conn, table, &conditions).await?
        } else {
            Vec::new()
        };
        if !large.is_empty() {
            conditions.push(pieces::is_small(table));
        }
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let sql = format!(
            "SELECT {} FROM {}{filter}",
            list.join(", "),
            quote::table(&table.name)
        );
        let mut out = Outgoing::new(server, table, &blocks);
        let sent = async {
            self.send(&mut conn, table, sql, &mut out).await?;
            for row in &large {
                pieces::send(server, &mut conn, table, row, &mut out).await?;
            }
            Ok(())
        };
        let sent = sent.await;
        // A writer that is gone leaves the snapshot as it is, for the range to be read once more: the driver reads away what
        // is left of the answer before the next statement.
        if sent.is_ok() || blocks.is_closed() {
            self.checker.give_back(conn);
        }
        sent?;
        out.end().await
    }
}
