//! Rows and schema into a server: `LOAD DATA LOCAL INFILE` fed from the reader's blocks, one transaction a range or a group of
//! small tables.
//!
//! The load is logged on the target as any write: its administrator cannot switch the binary log off on Aurora. The way
//! back never fetches it (see `link`).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use daybreak_model::{RowRange, Table};
use futures_util::StreamExt;
use futures_util::stream;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, LocalInfileError};
use tokio::sync::mpsc;

use super::connection::Server;
use super::session::Purpose;
use super::warnings::InvalidEnums;
use super::{classify, encode, insert, key, load_file, quote, warnings};
use crate::{Block, Copied, EngineError, ErrorKind, RowFile, Statement, Write};

/// Tables of up to so many rows are left to the server's own counting.
const SMALL_ROWS: u64 = 10_000;

/// One connection that writes. After any failure its next use begins with a new connection.
#[derive(Debug)]
pub(crate) struct Writer {
    server: Arc<Server>,
    conn: Option<Conn>,
    /// Whether the connection is in a transaction that [`Write::begin`] opened.
    in_group: bool,
    /// What the server is set to, asked before the first rows.
    ways: Option<Ways>,
    /// How many invalid values of `ENUM`s the rows have, where the range they go to holds others, too.
    invalid_enums: Option<u64>,
}

/// Settings of the server that decide how rows go in.
#[derive(Debug, Clone, Copy)]
struct Ways {
    /// The server takes no `LOAD DATA LOCAL`: rows go in as `INSERT`s.
    by_insert: bool,
    /// `max_allowed_packet` of the session, in bytes.
    max_packet: u64,
    /// The server counts a table's statistics anew by itself soon after a tenth of it has changed
    /// (manual, "Configuring Persistent Optimizer Statistics Parameters").
    counts_itself: bool,
}

/// What went through the stream that feeds a load.
#[derive(Debug, Default)]
pub(crate) struct Fed {
    pub(crate) rows: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) ended: AtomicBool,
}

impl Fed {
    pub(crate) fn block(&self, block: &Bytes) {
        self.rows.fetch_add(encode::rows_in(block), Ordering::Relaxed);
        self.bytes.fetch_add(block.len() as u64, Ordering::Relaxed);
    }

    fn copied(&self) -> Copied {
        Copied {
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Writer {
    pub(crate) async fn open(server: Arc<Server>) -> Result<Self, EngineError> {
        let conn = server.connect(Purpose::Write).await?;
        Ok(Self {
            server,
            conn: Some(conn),
            in_group: false,
            ways: None,
            invalid_enums: None,
        })
    }

    /// A connection for rows that come beside others: unique keys are seen to, and so many of their values are an `ENUM`'s invalid value.
    pub(crate) async fn open_beside(server: Arc<Server>, invalid_enums: u64) -> Result<Self, EngineError> {
        let mut own = Self::open(server).await?;
        own.invalid_enums = Some(invalid_enums);
        own.execute(&Statement {
            what: "have unique keys seen to".to_owned(),
            text: "SET SESSION unique_checks = 1".to_owned(),
        })
        .await?;
        Ok(own)
    }

    fn invalid<'a>(&self, range: &'a RowRange) -> InvalidEnums<'a> {
        self.invalid_enums
            .map_or(InvalidEnums::In(range), InvalidEnums::Sent)
    }

    /// The connection, taken away for the time of one use.
    async fn take(&mut self) -> Result<Conn, EngineError> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            // Its transaction went with the connection that carried it.
            None if self.in_group => Err(self.server.error(
                ErrorKind::Interrupted,
                "stopped loading: the transaction of these tables has ended",
            )),
            None => self.server.connect(Purpose::Write).await,
        }
    }

    /// Runs a statement that belongs to the transaction around rows.
    async fn run(&self, conn: &mut Conn, sql: &str, table: &Table) -> Result<(), EngineError> {
        let what = || format!("failed to {sql} for rows of {}", table.name);
        conn.query_drop(sql)
            .await
            .map_err(|error| self.failed(what(), error))
    }

    async fn ways(&mut self, conn: &mut Conn) -> Result<Ways, EngineError> {
        if let Some(ways) = self.ways {
            return Ok(ways);
        }
        let set: Option<(u8, u8, u64)> = conn
            .query_first(
                "SELECT @@GLOBAL.local_infile, @@GLOBAL.innodb_stats_auto_recalc, @@SESSION.max_allowed_packet",
            )
            .await
            .map_err(|error| self.failed("failed to ask how rows go in", error))?;
        let (local_infile, auto_recalc, max_packet) = set.unwrap_or_default();
        let ways = Ways {
            by_insert: local_infile != 1,
            max_packet,
            counts_itself: auto_recalc == 1,
        };
        self.ways = Some(ways);
        Ok(ways)
    }

    async fn execute_all(&mut self, statements: &[Statement]) -> Result<(), EngineError> {
        for statement in statements {
            self.execute(statement).await?;
        }
        Ok(())
    }

    fn failed(&self, what: impl Into<String>, error: Error) -> EngineError {
        self.server.failed(what, error)
    }

    /// Loads within a transaction, which it opens in the same round trip if none is, and checks what the server says of it.
    async fn load(
        &self,
        conn: &mut Conn,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Receiver<Block>,
    ) -> Result<Copied, EngineError> {
        let fed = Arc::new(Fed::default());
        let stream = feed(blocks, Arc::clone(&fed));
        conn.set_infile_handler(async move { Ok(stream.boxed()) });
        let opening = if self.in_group { "" } else { "START TRANSACTION; " };
        match conn
            .query_drop(format!(
                "{opening}{}",
                load_file::statement(table, &RowFile::Local("daybreak"))
            ))
            .await
        {
            Ok(()) => {}
            Err(Error::Driver(mysql_async::DriverError::LocalInfile(LocalInfileError::ReadError(_)))) => {
                return Err(insert::broken_off(&self.server, table));
            }
            Err(error) => return Err(self.failed(format!("failed to load {}", table.name), error)),
        }
        let info = conn.info().into_owned();
        if !fed.ended.load(Ordering::Acquire) {
            return Err(insert::broken_off(&self.server, table));
        }
        let copied = fed.copied();
        warnings::judge(&self.server, conn, table, self.invalid(range), copied.rows, &info).await?;
        Ok(copied)
    }
}

/// The blocks as the driver wants them: an error where they close without an end, so that nothing is committed.
fn feed(
    blocks: mpsc::Receiver<Block>,
    fed: Arc<Fed>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some((blocks, fed)), |state| async move {
        let (mut blocks, fed) = state?;
        match blocks.recv().await {
            Some(Block::Rows(block)) => {
                fed.block(&block);
                Some((Ok(block), Some((blocks, fed))))
            }
            Some(Block::End) => {
                fed.ended.store(true, Ordering::Release);
                None
            }
            None => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
        }
    })
}

#[async_trait]
impl Write for Writer {
    async fn execute(&mut self, statement: &Statement) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        conn.query_drop(statement.text.as_str())
            .await
            .map_err(|error| self.failed(format!("failed to {}", statement.what), error))?;
        self.conn = Some(conn);
        Ok(())
    }

    async fn begin(&mut self, statements: &[Statement]) -> Result<(), EngineError> {
        self.execute_all(statements).await?;
        let mut conn = self.take().await?;
        conn.query_drop("START TRANSACTION")
            .await
            .map_err(|error| self.failed("failed to begin a transaction", error))?;
        self.conn = Some(conn);
        self.in_group = true;
        Ok(())
    }

    async fn commit(&mut self, statements: &[Statement], tables: &[&Table]) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        conn.query_drop("COMMIT")
            .await
            .map_err(|error| self.failed("failed to commit", error))?;
        self.conn = Some(conn);
        self.in_group = false;
        // Each of these commits by itself.
        self.execute_all(statements).await?;
        for table in tables {
            self.analyze(table).await?;
        }
        Ok(())
    }

    async fn write(
        &mut self,
        table: &Table,
        range: &RowRange,
        mut blocks: mpsc::Receiver<Block>,
    ) -> Result<Copied, EngineError> {
        let mut conn = self.take().await?;
        let ways = self.ways(&mut conn).await?;
        let loaded = if ways.by_insert {
            if !self.in_group {
                self.run(&mut conn, "START TRANSACTION", table).await?;
            }
            insert::load(
                &self.server,
                &mut conn,
                table,
                self.invalid(range),
                &mut blocks,
                ways.max_packet,
            )
            .await
        } else {
            self.load(&mut conn, table, range, blocks).await
        };
        match loaded {
            Ok(copied) => {
                if !self.in_group {
                    self.run(&mut conn, "COMMIT", table).await?;
                }
                self.conn = Some(conn);
                Ok(copied)
            }
            Err(error) => {
                // Should this fail, the connection is dropped and the server rolls back by itself.
                if let Err(rollback) = conn.query_drop("ROLLBACK").await
                    && classify::code(&rollback).is_none()
                {
                    tracing::debug!(server = self.server.name(), "connection lost before ROLLBACK");
                }
                Err(error)
            }
        }
    }

    async fn clear(&mut self, table: &Table, range: &RowRange) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        let flavor = self.server.flavor().await?;
        let sql = match key::condition(table, range, flavor) {
            Some(condition) => format!("DELETE FROM {} WHERE {condition}", quote::table(&table.name)),
            None => format!("DELETE FROM {}", quote::table(&table.name)),
        };
        conn.query_drop(sql)
            .await
            .map_err(|error| self.failed(format!("failed to clear {}", table.name), error))?;
        self.conn = Some(conn);
        Ok(())
    }

    async fn analyze(&mut self, table: &Table) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        // For a small table the question costs more than its rows did, and the server comes to it by itself.
        if table.estimated_rows <= SMALL_ROWS && self.ways(&mut conn).await?.counts_itself {
            self.conn = Some(conn);
            return Ok(());
        }
        let sql = format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", quote::table(&table.name));
        conn.query_drop(sql)
            .await
            .map_err(|error| self.failed(format!("failed to analyze {}", table.name), error))?;
        self.conn = Some(conn);
        Ok(())
    }
}
