//! Digests computed inside the server.
//!
//! A row's hash is the first 64 bits of SHA-256 over its columns' canonical texts; SHA-256 because MySQL 9 has neither
//! MD5 nor SHA-1 and 5.6 has it. A chunk is the number of its rows and the exact sum of their hashes.

use std::sync::Arc;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowRange, Table};
use mysql_async::{Conn, Row};

use super::connection::Server;
use super::session::Purpose;
use super::{column, key, literal, quote, split};
use crate::{Check, EngineError, ErrorKind, RowRepair};

/// How many rows are asked for by key in one statement.
const KEYS_PER_STATEMENT: usize = 100;

/// One connection that computes digests.
#[derive(Debug)]
pub(crate) struct Checker {
    server: Arc<Server>,
    /// Taken out while a statement runs: a connection whose answer nobody waited for is never used again.
    conn: Option<Conn>,
    /// Inside a snapshot a new connection would see other rows, so a lost one stays lost.
    in_snapshot: bool,
}

impl Checker {
    pub(crate) async fn open(server: Arc<Server>) -> Result<Self, EngineError> {
        let conn = server.connect(Purpose::Check).await?;
        Ok(Self {
            server,
            conn: Some(conn),
            in_snapshot: false,
        })
    }

    /// Over a connection that was made for reading; `in_snapshot` says that it sees a snapshot.
    pub(crate) const fn over(server: Arc<Server>, conn: Conn, in_snapshot: bool) -> Self {
        Self {
            server,
            conn: Some(conn),
            in_snapshot,
        }
    }

    pub(crate) const fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// The connection, for one statement; `give_back` it when the whole answer was read.
    pub(crate) async fn take(&mut self) -> Result<Conn, EngineError> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None if self.in_snapshot => Err(self.server.error(
                ErrorKind::ConnectionLost,
                "failed to read on: the connection that held the snapshot is gone",
            )),
            None => self.server.connect(Purpose::Check).await,
        }
    }

    pub(crate) fn give_back(&mut self, conn: Conn) {
        self.conn = Some(conn);
    }

    /// The rows of a digest statement, which may run for long.
    async fn ask(&mut self, table: &Table, sql: &str) -> Result<Vec<Row>, EngineError> {
        use mysql_async::prelude::Queryable;
        let mut conn = self.take().await?;
        let what = format!("failed to check {}", table.name);
        let rows = self.server.while_it_lives(&what, conn.query(sql)).await?;
        self.conn = Some(conn);
        Ok(rows)
    }

    fn unreadable(&self, table: &Table) -> EngineError {
        self.server.error(
            ErrorKind::Other,
            format!("failed to check {}: the digest cannot be read", table.name),
        )
    }
}

/// The expression of a row's hash: an unsigned 64-bit number.
fn row_hash(table: &Table) -> String {
    let texts: Vec<_> = table.columns.iter().map(column::canonical_expression).collect();
    let nulls: Vec<_> = table
        .columns
        .iter()
        .filter(|column| column.nullable)
        .map(|column| format!("ISNULL({})", quote::name(&column.name)))
        .collect();
    let nulls = if nulls.is_empty() {
        String::new()
    } else {
        format!(", CONCAT({})", nulls.join(", "))
    };
    format!(
        "CAST(CONV(LEFT(SHA2(CONCAT_WS('#', {}{nulls}), 256), 16), 16, 10) AS UNSIGNED)",
        texts.join(", ")
    )
}

#[async_trait]
impl Check for Checker {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let mut conn = self.take().await?;
        let ranges = split::split(&self.server, &mut conn, table, rows, bytes).await?;
        self.conn = Some(conn);
        Ok(ranges)
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        let sql = format!(
            "SELECT COUNT(*), COALESCE(SUM({}), 0) FROM {}{}",
            row_hash(table),
            quote::table(&table.name),
            key::filter(table, range, self.server.flavor().await?)
        );
        let rows = self.ask(table, &sql).await?;
        let digest = rows.first().and_then(|row| {
            let (rows, sum) = (row.get::<u64, _>(0)?, row.get::<String, _>(1)?);
            Some(ChunkDigest {
                rows,
                sum: sum.parse().ok()?,
            })
        });
        digest.ok_or_else(|| self.unreadable(table))
    }

    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        limit: u64,
    ) -> Result<Vec<RowDigest>, EngineError> {
        if table.key.is_none() {
            let what = format!("failed to list the rows of {}: it has no key", table.name);
            return Err(self.server.error(ErrorKind::Unsupported, what));
        }
        let keys = key::expressions(table);
        let sql = format!(
            "SELECT {}, {} FROM {}{} ORDER BY {} LIMIT {limit}",
            keys.join(", "),
            row_hash(table),
            quote::table(&table.name),
            key::filter(table, range, self.server.flavor().await?),
            key::order(table)
        );
        let rows = self.ask(table, &sql).await?;
        let digests = rows.iter().map(|row| {
            Some(RowDigest {
                key: key::bound(table, row)?,
                hash: row.get(keys.len())?,
            })
        });
        digests
            .collect::<Option<_>>()
            .ok_or_else(|| self.unreadable(table))
    }

    async fn rows_by_key(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<u64>>, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let mut hashes = vec![None; keys.len()];
        for (chunk_index, chunk) in keys.chunks(KEYS_PER_STATEMENT).enumerate() {
            let selects: Vec<_> = chunk
                .iter()
                .enumerate()
                .map(|(index, bound)| {
                    format!(
                        "SELECT {}, {} FROM {} WHERE {}",
                        chunk_index * KEYS_PER_STATEMENT + index,
                        row_hash(table),
                        quote::table(&table.name),
                        key::equals(table, bound, &flavor)
                    )
                })
                .collect();
            for row in self.ask(table, &selects.join(" UNION ALL ")).await? {
                let found = row.get::<usize, _>(0).zip(row.get::<u64, _>(1));
                let (index, hash) = found.ok_or_else(|| self.unreadable(table))?;
                if let Some(slot) = hashes.get_mut(index) {
                    *slot = Some(hash);
                }
            }
        }
        Ok(hashes)
    }

    async fn literals(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<Vec<String>>>, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let mut rows = Vec::with_capacity(keys.len());
        for bound in keys {
            let sql = format!(
                "SELECT {} FROM {} WHERE {}",
                literal::expressions(table),
                quote::table(&table.name),
                key::equals(table, bound, &flavor)
            );
            let found = self.ask(table, &sql).await?;
            let literals = |row: &Row| literal::literals(table, row, 0).ok_or_else(|| self.unreadable(table));
            rows.push(found.first().map(literals).transpose()?);
        }
        Ok(rows)
    }

    fn repair(&self, table: &Table, key: &KeyBound, repair: &RowRepair<'_>) -> String {
        // Known since the row was read.
        let flavor = self.server.presumed_flavor();
        literal::repair(table, key, repair, &flavor)
    }
}
