//! Digests of rows, computed inside the server.

use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowKey, RowRange, Table};
use tokio_postgres::SimpleQueryRow;

use super::classify::trouble;
use super::connection::Connection;
use super::relation::Relations;
use super::{digest, keys, literal, quote, split};
use crate::{Check, EngineError, ErrorKind, RowRepair};

/// One connection that computes digests.
pub(crate) struct Checker {
    connection: Connection,
    relations: Relations,
}

impl Checker {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            relations: Relations::default(),
        }
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether a table is read with `ONLY`.
    pub(crate) async fn only(&mut self, table: &Table) -> Result<bool, EngineError> {
        self.relations.only(&self.connection, table).await
    }

    /// `schema.table`, with `ONLY` where it belongs.
    async fn source(&mut self, table: &Table) -> Result<String, EngineError> {
        let only = self.relations.only(&self.connection, table).await?;
        Ok(format!(
            "{}{}",
            if only { "ONLY " } else { "" },
            quote::table(&table.name)
        ))
    }

    fn odd(&self, table: &Table) -> EngineError {
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
impl Check for Checker {
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        let only = self.relations.only(&self.connection, table).await?;
        split::by_key(&self.connection, table, only, rows, bytes).await
    }

    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        let source = self.source(table).await?;
        let ask = format!(
            "SELECT count(*)::text, coalesce(sum({}), 0)::text FROM {source}{}",
            digest::row_hash(table),
            keys::condition(table, range),
        );
        let what = format!("failed to compute the digest of {}", table.name);
        let answer = self.connection.simple(&ask, what).await?;
        let row = answer.first().ok_or_else(|| self.odd(table))?;
        let rows: u64 = number(row, 0).ok_or_else(|| self.odd(table))?;
        let sum: i128 = number(row, 1).ok_or_else(|| self.odd(table))?;
        // The server adds signed hashes; each counts 2^63 more as an unsigned number.
        let sum = u128::try_from(sum + (i128::from(rows) << 63)).map_err(|_| self.odd(table))?;
        Ok(ChunkDigest { rows, sum })
    }

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
            digest::row_hash(table),
            keys::condition(table, range),
            keys::order(&columns, ""),
        );
        let what = format!("failed to compute the digests of rows of {}", table.name);
        let rows = self.connection.simple(&ask, what).await?;
        rows.iter()
            .map(|row| {
                let hash = number(row, columns.len()).ok_or_else(|| self.odd(table))?;
                Ok(RowDigest {
                    key: keys::bound(&columns, row),
                    hash: digest::unsigned(hash),
                })
            })
            .collect()
    }

    async fn rows_by_key(
        &mut self,
        table: &Table,
        wanted: &[KeyBound],
    ) -> Result<Vec<Option<u64>>, EngineError> {
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
        let ask = format!(
            "SELECT wanted.place, (SELECT {} FROM {source} AS t WHERE {})
             FROM (VALUES {}) AS wanted (place, {})",
            digest::row_hash(table),
            equal.join(" AND "),
            values.join(", "),
            names.join(", "),
        );
        let what = format!("failed to compute the digests of chosen rows of {}", table.name);
        let rows = self.connection.simple(&ask, what).await?;
        let found: HashMap<usize, u64> = rows
            .iter()
            .filter_map(|row| Some((number(row, 0)?, digest::unsigned(number(row, 1)?))))
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

    fn repair(&self, table: &Table, key: &KeyBound, repair: &RowRepair<'_>) -> String {
        literal::repair(table, key, repair)
    }
}

fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Option<T> {
    row.get(column)?.parse().ok()
}
