//! Digests computed inside the server. A chunk is the number of its rows and the exact sum of their hashes (`digest.rs`).

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowHash, RowRange, Table, TableName};
use mysql_async::{Conn, Row};

use super::connection::Server;
use super::session::Purpose;
use super::{digest, json, key, literal, quote, split};
use crate::{Check, Chunks, EngineError, ErrorKind, Hashing, RowRepair};

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
    pub(super) how: Hashing,
    /// Columns that MariaDB's normal form of JSON is taken of, as far as they were looked for.
    normalized: HashMap<TableName, Vec<String>>,
}

impl Checker {
    pub(crate) async fn open(server: Arc<Server>) -> Result<Self, EngineError> {
        let conn = server.connect(Purpose::Check).await?;
        Ok(Self::over(server, conn, false))
    }

    /// Over a connection that was made for reading; `in_snapshot` says that it sees a snapshot.
    pub(crate) fn over(server: Arc<Server>, conn: Conn, in_snapshot: bool) -> Self {
        Self {
            server,
            conn: Some(conn),
            in_snapshot,
            how: Hashing::default(),
            normalized: HashMap::new(),
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
    pub(super) async fn ask(&mut self, table: &Table, sql: &str) -> Result<Vec<Row>, EngineError> {
        use mysql_async::prelude::Queryable;
        let mut conn = self.take().await?;
        let what = format!("failed to check {}", table.name);
        let rows = self.server.while_it_lives(&what, conn.query(sql)).await?;
        self.conn = Some(conn);
        Ok(rows)
    }

    /// The expressions of a row's hash.
    pub(super) async fn halves(&mut self, table: &Table) -> Result<Vec<String>, EngineError> {
        if self.how.json_by_meaning && !self.normalized.contains_key(&table.name) {
            let mut conn = self.take().await?;
            let columns = json::normalized(&self.server, &mut conn, table).await?;
            self.conn = Some(conn);
            self.normalized.insert(table.name.clone(), columns);
        }
        let json = self.normalized.get(&table.name).map_or(&[][..], Vec::as_slice);
        Ok(digest::halves(table, self.how.strong, json))
    }

    /// The statement that answers with a place and a range's digest.
    async fn digest_query(
        &mut self,
        place: usize,
        table: &Table,
        range: &RowRange,
    ) -> Result<String, EngineError> {
        let halves = self.halves(table).await?;
        let sums: Vec<String> = halves
            .iter()
            .map(|half| format!("COALESCE(SUM({half}), 0)"))
            .collect();
        Ok(format!(
            "SELECT {place}, COUNT(*), {} FROM {}{}",
            sums.join(", "),
            quote::table(&table.name),
            key::filter(table, range, self.server.flavor().await?)
        ))
    }

    /// The digests of whole tables, by one statement.
    pub(super) async fn digests(&mut self, tables: &[&Table]) -> Result<Vec<ChunkDigest>, EngineError> {
        let Some(first) = tables.first() else {
            return Ok(Vec::new());
        };
        let mut queries = Vec::with_capacity(tables.len());
        for (place, table) in tables.iter().enumerate() {
            queries.push(self.digest_query(place, table, &RowRange::Whole).await?);
        }
        let rows = self.ask(first, &queries.join(" UNION ALL ")).await?;
        let found = rows
            .iter()
            .filter_map(|row| row.get::<usize, _>(0).zip(self.digest(row, 1)));
        let found: HashMap<usize, ChunkDigest> = found.collect();
        let digests = tables.iter().enumerate().map(|(place, table)| {
            let digest = found.get(&place).copied();
            digest.ok_or_else(|| self.unreadable(table))
        });
        digests.collect()
    }

    /// A digest in a row's fields from `from` on.
    pub(super) fn digest(&self, row: &Row, from: usize) -> Option<ChunkDigest> {
        let sum = |at| row.get::<String, _>(at)?.parse().ok();
        Some(ChunkDigest {
            rows: row.get::<u64, _>(from)?,
            sum: sum(from + 1)?,
            second_sum: if self.how.strong { sum(from + 2)? } else { 0 },
        })
    }

    pub(super) fn unreadable(&self, table: &Table) -> EngineError {
        self.server.error(
            ErrorKind::Other,
            format!("failed to check {}: the digest cannot be read", table.name),
        )
    }
}

#[async_trait]
impl Chunks for Checker {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let mut conn = self.take().await?;
        let ranges = split::split(&self.server, &mut conn, table, rows, bytes).await?;
        self.conn = Some(conn);
        Ok(ranges)
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        let sql = self.digest_query(0, table, range).await?;
        let rows = self.ask(table, &sql).await?;
        let digest = rows.first().and_then(|row| self.digest(row, 1));
        digest.ok_or_else(|| self.unreadable(table))
    }
}

#[async_trait]
impl Check for Checker {
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
        let halves = self.halves(table).await?;
        let sql = format!(
            "SELECT {}, {} FROM {}{} ORDER BY {} LIMIT {limit}",
            keys.join(", "),
            halves.join(", "),
            quote::table(&table.name),
            key::filter(table, range, self.server.flavor().await?),
            key::order(table)
        );
        let rows = self.ask(table, &sql).await?;
        let digests = rows.iter().map(|row| {
            Some(RowDigest {
                key: key::bound(table, row)?,
                hash: digest::hash(row, keys.len(), self.how.strong)?,
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
    ) -> Result<Vec<Option<RowHash>>, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let halves = self.halves(table).await?.join(", ");
        let mut hashes = vec![None; keys.len()];
        for (chunk_index, chunk) in keys.chunks(KEYS_PER_STATEMENT).enumerate() {
            let selects: Vec<_> = chunk
                .iter()
                .enumerate()
                .map(|(index, bound)| {
                    format!(
                        "SELECT {}, {} FROM {} WHERE {}",
                        chunk_index * KEYS_PER_STATEMENT + index,
                        halves,
                        quote::table(&table.name),
                        key::equals(table, bound, &flavor)
                    )
                })
                .collect();
            for row in self.ask(table, &selects.join(" UNION ALL ")).await? {
                let found = row.get::<usize, _>(0).zip(digest::hash(&row, 1, self.how.strong));
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

    async fn unchanged(&mut self, table: &Table, hash: RowHash) -> Result<String, EngineError> {
        Ok(digest::among(&self.halves(table).await?, &[hash]))
    }

    fn repair(&self, table: &Table, key: &KeyBound, repair: &RowRepair<'_>) -> String {
        // Known since the row was read.
        let flavor = self.server.presumed_flavor();
        literal::repair(table, key, repair, &flavor)
    }
}
