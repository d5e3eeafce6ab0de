//! Digests of rows, computed inside the server.

use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowHash, RowKey, RowRange, Table};
use tokio_postgres::SimpleQueryRow;

use super::classify::trouble;
use super::connection::Connection;
use super::relation::Relations;
use super::{digest, keys, literal, quote, split};
use crate::{Check, Chunks, EngineError, ErrorKind, Hashing, RowRepair};

/// One connection that computes digests.
pub(crate) struct Checker {
    connection: Connection,
    relations: Relations,
    pub(super) how: Hashing,
}

impl Checker {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            relations: Relations::default(),
            how: Hashing::default(),
        }
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether a table is read with `ONLY`.
    pub(crate) async fn only(&mut self, table: &Table) -> Result<bool, EngineError> {
        self.relations.only(&self.connection, table).await
    }

    /// The same, known since its rows were read.
    pub(super) fn is_alone(&self, table: &Table) -> bool {
        self.relations.known(table)
    }

    /// `schema.table`, with `ONLY` where it belongs.
    pub(super) async fn source(&mut self, table: &Table) -> Result<String, EngineError> {
        let only = self.relations.only(&self.connection, table).await?;
        Ok(format!(
            "{}{}",
            if only { "ONLY " } else { "" },
            quote::table(&table.name)
        ))
    }

    /// The statement that answers with a place and a range's digest.
    async fn digest_query(
        &mut self,
        place: usize,
        table: &Table,
        range: &RowRange,
    ) -> Result<String, EngineError> {
        let source = self.source(table).await?;
        let sums: Vec<String> = digest::halves(table, self.how)
            .iter()
            .map(|half| format!("coalesce(sum({half}), 0)::text"))
            .collect();
        Ok(format!(
            "SELECT '{place}', count(*)::text, {} FROM {source}{}",
            sums.join(", "),
            keys::condition(table, range),
        ))
    }

    /// The digests of whole tables, by one statement.
    pub(super) async fn digests(&mut self, tables: &[&Table]) -> Result<Vec<ChunkDigest>, EngineError> {
        let mut queries = Vec::with_capacity(tables.len());
        for (place, table) in tables.iter().enumerate() {
            queries.push(self.digest_query(place, table, &RowRange::Whole).await?);
        }
        let what = format!("failed to compute the digests of {} tables", tables.len());
        let rows = self.connection.simple(&queries.join(" UNION ALL "), what).await?;
        let found = rows
            .iter()
            .filter_map(|row| number::<usize>(row, 0).zip(self.digest(row, 1)));
        let found: HashMap<usize, ChunkDigest> = found.collect();
        let digests = tables.iter().enumerate().map(|(place, table)| {
            let digest = found.get(&place).copied();
            digest.ok_or_else(|| self.odd(table))
        });
        digests.collect()
    }

    /// A digest in a row's fields from `from` on.
    pub(super) fn digest(&self, row: &SimpleQueryRow, from: usize) -> Option<ChunkDigest> {
        let rows: u64 = number(row, from)?;
        // The server adds signed halves; each counts 2^63 more as an unsigned number.
        let sum = |at| u128::try_from(number::<i128>(row, at)? + (i128::from(rows) << 63)).ok();
        Some(ChunkDigest {
            rows,
            sum: sum(from + 1)?,
            second_sum: if self.how.strong { sum(from + 2)? } else { 0 },
        })
    }

    /// A hash in a row's fields from `from` on.
    pub(super) fn hash(&self, row: &SimpleQueryRow, from: usize) -> Option<RowHash> {
        let second = if self.how.strong {
            Some(number(row, from + 1)?)
        } else {
            None
        };
        Some(digest::hash(number(row, from)?, second))
    }

    pub(super) fn odd(&self, table: &Table) -> EngineError {
        let what = format!("failed to read the digest of {}", table.name);
        trouble(self.connection.server(), what, ErrorKind::Other, None)
    }

    fn key<'a>(&self, table: &'a Table) -> Result<&'a RowKey, EngineError> {
        table.key.as_ref().ok_or_else(|| {
            let what = format!("failed to tell rows of {} apart: it has no key", table.name);
            trouble(self.connection.server(), what, ErrorKind::Unsupported, None)
        })
    }
}

#[async_trait]
impl Chunks for Checker {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let only = self.relations.only(&self.connection, table).await?;
        split::by_key(&self.connection, table, only, rows, bytes).await
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        let ask = self.digest_query(0, table, range).await?;
        let what = format!("failed to compute the digest of {}", table.name);
        let answer = self.connection.simple(&ask, what).await?;
        let digest = answer.first().and_then(|row| self.digest(row, 1));
        digest.ok_or_else(|| self.odd(table))
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
        let columns = keys::columns(table, self.key(table)?);
        let source = self.source(table).await?;
        let ask = format!(
            "SELECT {}, {} FROM {source}{} ORDER BY {} LIMIT {limit}",
            keys::texts(&columns),
            digest::halves(table, self.how).join(", "),
            keys::condition(table, range),
            keys::order(&columns, ""),
        );
        let what = format!("failed to compute the digests of rows of {}", table.name);
        let rows = self.connection.simple(&ask, what).await?;
        rows.iter()
            .map(|row| {
                Ok(RowDigest {
                    key: keys::bound(&columns, row),
                    hash: self.hash(row, columns.len()).ok_or_else(|| self.odd(table))?,
                })
            })
            .collect()
    }

    async fn rows_by_key(
        &mut self,
        table: &Table,
        wanted: &[KeyBound],
    ) -> Result<Vec<Option<RowHash>>, EngineError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let columns = keys::columns(table, self.key(table)?);
        let source = self.source(table).await?;
        let values: Vec<_> = wanted
            .iter()
            .enumerate()
            .map(|(index, key)| {
                let parts = columns.iter().zip(&key.0);
                let values: Vec<_> = parts.map(|(column, part)| column.value(part)).collect();
                format!("({index}, {})", values.join(", "))
            })
            .collect();
        let names: Vec<_> = (0..columns.len()).map(|index| format!("k{index}")).collect();
        let equal: Vec<_> = columns
            .iter()
            .zip(&names)
            .map(|(column, name)| format!("t.{} = wanted.{name}", column.column))
            .collect();
        let halves = digest::halves(table, self.how);
        let found: Vec<String> = halves
            .iter()
            .map(|half| format!("(SELECT {half} FROM {source} AS t WHERE {})", equal.join(" AND ")))
            .collect();
        let ask = format!(
            "SELECT wanted.place, {} FROM (VALUES {}) AS wanted (place, {})",
            found.join(", "),
            values.join(", "),
            names.join(", "),
        );
        let what = format!("failed to compute the digests of chosen rows of {}", table.name);
        let rows = self.connection.simple(&ask, what).await?;
        let found: HashMap<usize, RowHash> = rows
            .iter()
            .filter_map(|row| Some((number(row, 0)?, self.hash(row, 1)?)))
            .collect();
        Ok((0..wanted.len())
            .map(|place| found.get(&place).copied())
            .collect())
    }

    async fn literals(
        &mut self,
        table: &Table,
        wanted: &[KeyBound],
    ) -> Result<Vec<Option<Vec<String>>>, EngineError> {
        let source = self.source(table).await?;
        let mut found = Vec::with_capacity(wanted.len());
        for key in wanted {
            let ask = format!(
                "SELECT {} FROM {source} WHERE {}",
                literal::expressions(table),
                literal::equals(table, key)
            );
            let what = format!("failed to read a row of {}", table.name);
            let rows = self.connection.simple(&ask, what).await?;
            found.push(rows.first().map(|row| {
                let text = |column| row.get(column).unwrap_or("NULL").to_owned();
                (0..row.len()).map(text).collect()
            }));
        }
        Ok(found)
    }

    async fn unchanged(&mut self, table: &Table, hash: RowHash) -> Result<String, EngineError> {
        Ok(digest::among(&digest::halves(table, self.how), &[hash]))
    }

    fn repair(&self, table: &Table, key: &KeyBound, repair: &RowRepair<'_>) -> String {
        literal::repair(table, self.is_alone(table), key, repair)
    }
}

pub(super) fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Option<T> {
    row.get(column)?.parse().ok()
}
