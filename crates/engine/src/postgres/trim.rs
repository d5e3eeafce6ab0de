//! Rows taken out of tables and put back.
//!
//! A row is deleted by its key, in the transaction that locked it and saw it as it was given. READ COMMITTED, so that each statement
//! sees what was committed before it began: a row that another came to refer to while ours waited for its lock is seen to be (manual,
//! "Transaction Isolation").

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use daybreak_model::{Column, ForeignKey, KeyBound, RowFilter, RowRange, Table, TableName, ValueForm};
use futures_util::{SinkExt, StreamExt, pin_mut};
use tokio_postgres::{CopyInSink, SimpleQueryMessage, SimpleQueryRow};

use super::classify::{failure, trouble};
use super::connection::Connection;
use super::keys::{self, KeySql};
use super::relation::Relations;
use super::{quote, value_form};
use crate::doomed::{Doomed, OTHER_COLUMN, other_column};
use crate::row_filter::{Quoting, condition, is_referred_to};
use crate::{Deleted, EngineError, ErrorKind, Fetch, StoredRow, TriggerEvent, Trim, TrimObstacle, Values};

const QUOTING: Quoting = Quoting {
    name: quote::identifier,
    table: quote::table,
    text: quote::literal,
    own_row_is_free: true,
};

/// Size at which rows on their way back are sent.
const MESSAGE: usize = 256 * 1024;

/// One connection that takes rows out.
pub(crate) struct Trimmer {
    connection: Connection,
    relations: Relations,
}

impl Trimmer {
    /// In filters, tables without a schema's name are this schema's.
    pub(crate) async fn new(connection: Connection, schema: &str) -> Result<Self, EngineError> {
        let path = format!("SET search_path = {}, pg_catalog", quote::identifier(schema));
        connection.execute(&path, "failed to set the session").await?;
        Ok(Self {
            connection,
            relations: Relations::default(),
        })
    }

    fn columns(table: &Table) -> impl Iterator<Item = &Column> {
        table.columns.iter().filter(|column| !column.generated)
    }

    fn key(&self, table: &Table) -> Result<Vec<KeySql>, EngineError> {
        let key = table.key.as_ref().ok_or_else(|| {
            let what = format!("failed to tell rows of {} apart: it has no key", table.name);
            trouble(self.connection.server(), what, ErrorKind::Unsupported, None)
        })?;
        Ok(keys::columns(table, key))
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

    /// The list that reads a row with its key. Values have names that no column has, as keys' have.
    fn list(table: &Table, key: &[KeySql], values: bool) -> String {
        let mut list = vec![keys::texts(key)];
        if values {
            let text = |(place, column): (usize, &Column)| {
                format!("{}::text AS \"value {place}\"", quote::identifier(&column.name))
            };
            list.extend(Self::columns(table).enumerate().map(text));
        }
        list.join(", ")
    }

    fn row(table: &Table, key: &[KeySql], row: &SimpleQueryRow) -> StoredRow {
        let values = Self::columns(table).zip(key.len()..row.len());
        let value = |(column, at): (&Column, usize)| {
            let text = row.get(at)?;
            Some(match value_form::form(column) {
                ValueForm::Bytes => unhex(text),
                _ => text.as_bytes().to_vec(),
            })
        };
        StoredRow {
            key: keys::bound(key, row),
            values: values.map(value).collect(),
        }
    }

    fn within(table: &Table, range: &RowRange) -> String {
        let within = keys::condition(table, range);
        if within.is_empty() {
            " WHERE".to_owned()
        } else {
            format!("{within} AND")
        }
    }

    async fn ask(&self, table: &Table, sql: &str) -> Result<Vec<SimpleQueryRow>, EngineError> {
        let what = format!("failed to delete rows of {}", table.name);
        self.connection.simple(sql, what).await
    }

    async fn delete_in(
        &mut self,
        table: &Table,
        filter: &RowFilter,
        rows: &[StoredRow],
        referring: &[ForeignKey],
    ) -> Result<Deleted, EngineError> {
        let source = self.source(table).await?;
        let key = self.key(table)?;
        let given: Vec<&KeyBound> = rows.iter().map(|row| &row.key).collect();
        let values = rows.first().is_some_and(|row| !row.values.is_empty());
        let locked = format!(
            "BEGIN; SELECT {} FROM {source} WHERE {} AND {} FOR UPDATE",
            Self::list(table, &key, values),
            keys::among(&key, &given),
            condition(filter, &table.name, &QUOTING)
        );
        let there = self.ask(table, &locked).await?;
        let there = there.iter().map(|row| Self::row(table, &key, row));
        let there: HashMap<KeyBound, Values> = there.map(|row| (row.key, row.values)).collect();
        if values {
            self.has_no_other_column(table).await?;
        }
        let mut doomed = Doomed::of(rows, &there);
        if !referring.is_empty() && !doomed.keys().is_empty() {
            let referred: Vec<String> = referring
                .iter()
                .map(|key| is_referred_to(key, &QUOTING))
                .collect();
            let sql = format!(
                "SELECT {} FROM {source} WHERE {} AND ({})",
                keys::texts(&key),
                keys::among(&key, &doomed.keys()),
                referred.join(" OR ")
            );
            let held = self.ask(table, &sql).await?;
            let held: HashSet<KeyBound> = held.iter().map(|row| keys::bound(&key, row)).collect();
            doomed.spare(&held);
        }
        let keys = doomed.keys();
        if !keys.is_empty() {
            let sql = format!("DELETE FROM {source} WHERE {}", keys::among(&key, &keys));
            let gone = self.affected(table, &sql).await?;
            if gone != keys.len() as u64 {
                let what = format!(
                    "failed to delete rows of {}: {gone} rows went by the keys of {}",
                    table.name,
                    keys.len()
                );
                let hint = "does a trigger or a rule of the table keep rows from being deleted?";
                return Err(trouble(
                    self.connection.server(),
                    what,
                    ErrorKind::Other,
                    Some(hint),
                ));
            }
        }
        let begun = Instant::now();
        self.ask(table, "COMMIT").await?;
        Ok(Deleted {
            commit: begun.elapsed(),
            ..doomed.deleted()
        })
    }

    /// Has the session fire no ordinary triggers and check no foreign keys; whether the account may.
    async fn without_triggers(&self, table: &Table) -> Result<bool, EngineError> {
        let what = format!("failed to write rows of {}", table.name);
        let replica = "SET session_replication_role = replica";
        match self.connection.execute(replica, what).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::Privilege => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn affected(&self, table: &Table, sql: &str) -> Result<u64, EngineError> {
        let what = format!("failed to delete rows of {}", table.name);
        let answers = self.connection.client().simple_query(sql).await;
        let answers = answers.map_err(|error| failure(self.connection.server(), what, error))?;
        let affected = answers.iter().filter_map(|answer| match answer {
            SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
            _ => None,
        });
        Ok(affected.sum())
    }
}

/// Takes a lock that ends with the session (manual, "Advisory Lock Functions"), waiting a minute for one that may still be at work.
pub(crate) async fn lock(connection: &Connection, name: &str) -> Result<(), EngineError> {
    let what = "failed to wait for the session of a run that was broken off";
    let sql = format!(
        "SET lock_timeout = '60s'; SELECT pg_advisory_lock(hashtextextended({}, 0)); SET lock_timeout = '5s'",
        quote::literal(name)
    );
    connection.execute(&sql, what).await.map_err(|error| {
        let hint = "it still does what it was told last: wait until it has ended, or end it";
        EngineError {
            hint: (error.kind == ErrorKind::Lock).then(|| hint.to_owned()),
            ..error
        }
    })
}

#[async_trait]
impl Trim for Trimmer {
    async fn hold(&mut self, name: &str) -> Result<(), EngineError> {
        lock(&self.connection, name).await
    }

    async fn obstacles(&mut self, table: &Table) -> Result<Vec<TrimObstacle>, EngineError> {
        let ask = include_str!("sql/keys_to_partitions.sql")
            .replace("{table}", &quote::literal(&quote::table(&table.name)));
        let what = format!("failed to read the foreign keys to partitions of {}", table.name);
        let rows = self.connection.simple(&ask, what).await?;
        let text = |row: &SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
        let key = |row: &SimpleQueryRow| TrimObstacle::KeyToPartition {
            name: text(row, 0),
            child: TableName::new(text(row, 1), text(row, 2)),
            partition: TableName::new(text(row, 3), text(row, 4)),
        };
        let mut obstacles: Vec<TrimObstacle> = rows.iter().map(key).collect();
        let ask = include_str!("sql/delete_rules.sql")
            .replace("{table}", &quote::literal(&quote::table(&table.name)));
        let what = format!("failed to read the rules of {}", table.name);
        let rules = self.connection.simple(&ask, what).await?;
        obstacles.extend(
            rules
                .iter()
                .map(|row| TrimObstacle::Rewritten { rule: text(row, 0) }),
        );
        Ok(obstacles)
    }

    async fn triggers(&mut self, table: &Table, event: TriggerEvent) -> Result<Vec<String>, EngineError> {
        let what = format!("failed to read the triggers of {}", table.name);
        // Of `pg_trigger.tgtype`, and the modes of `tgenabled` in which they fire.
        let (bit, fires) = match event {
            TriggerEvent::Delete => (8, "'O', 'A'"),
            TriggerEvent::Store if self.without_triggers(table).await? => (4, "'R', 'A'"),
            TriggerEvent::Store => (4, "'O', 'A'"),
        };
        let ask = include_str!("sql/triggers.sql")
            .replace("{table}", &quote::literal(&quote::table(&table.name)))
            .replace("{bit}", &format!("{bit}"))
            .replace("{fires}", fires);
        let rows = self.connection.simple(&ask, what).await?;
        let name = |row: &SimpleQueryRow| row.get(0).map(str::to_owned);
        Ok(rows.iter().filter_map(name).collect())
    }

    async fn understands(&mut self, table: &Table, filter: &RowFilter) -> Result<(), EngineError> {
        let source = self.source(table).await?;
        let sql = format!(
            "EXPLAIN SELECT 1 FROM {source} WHERE {}",
            condition(filter, &table.name, &QUOTING)
        );
        let what = format!("failed to look for rows of {}", table.name);
        self.connection.simple(&sql, what).await.map(|_| ())
    }

    fn condition(&self, table: &Table, filter: &RowFilter) -> String {
        condition(filter, &table.name, &QUOTING)
    }

    async fn count(
        &mut self,
        table: &Table,
        range: &RowRange,
        filter: &RowFilter,
    ) -> Result<u64, EngineError> {
        let source = self.source(table).await?;
        let sql = format!(
            "SELECT count(*)::text FROM {source}{} {}",
            Self::within(table, range),
            condition(filter, &table.name, &QUOTING)
        );
        let what = format!("failed to count rows of {}", table.name);
        let count = self.connection.value(&sql, what.clone()).await?;
        count
            .and_then(|count| count.parse().ok())
            .ok_or_else(|| trouble(self.connection.server(), what, ErrorKind::Other, None))
    }

    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        filter: &RowFilter,
        fetch: Fetch,
    ) -> Result<Vec<StoredRow>, EngineError> {
        let source = self.source(table).await?;
        let key = self.key(table)?;
        let sql = format!(
            "SELECT {} FROM {source}{} {} ORDER BY {} LIMIT {}",
            Self::list(table, &key, fetch.values),
            Self::within(table, range),
            condition(filter, &table.name, &QUOTING),
            keys::order(&key, ""),
            fetch.rows
        );
        let failed = |error| {
            let what = format!("failed to read rows of {}", table.name);
            failure(self.connection.server(), what, error)
        };
        let answers = self
            .connection
            .client()
            .simple_query_raw(&sql)
            .await
            .map_err(failed)?;
        pin_mut!(answers);
        let mut rows = Vec::new();
        let mut bytes = 0;
        // Given up, the rest of the answer is read away.
        while bytes < fetch.bytes
            && let Some(answer) = answers.next().await
        {
            if let SimpleQueryMessage::Row(row) = answer.map_err(failed)? {
                let row = Self::row(table, &key, &row);
                bytes += row.values.iter().flatten().map(Vec::len).sum::<usize>();
                rows.push(row);
            }
        }
        Ok(rows)
    }

    async fn delete(
        &mut self,
        table: &Table,
        filter: &RowFilter,
        rows: &[StoredRow],
        referring: &[ForeignKey],
    ) -> Result<Deleted, EngineError> {
        if rows.is_empty() {
            return Ok(Deleted::default());
        }
        let deleted = self.delete_in(table, filter, rows, referring).await;
        if deleted.is_err() {
            // Should this fail, too, the connection is gone, and the transaction with it.
            let _ = self.connection.execute("ROLLBACK", "failed to roll back").await;
        }
        deleted
    }

    async fn has_no_other_column(&mut self, table: &Table) -> Result<(), EngineError> {
        let ask = format!(
            "SELECT attname FROM pg_catalog.pg_attribute \
             WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            quote::literal(&quote::table(&table.name))
        );
        let there = self.ask(table, &ask).await?;
        let known = |name: &&str| Self::columns(table).any(|column| column.name == **name);
        let mut names = there.iter().filter_map(|row| row.get(0));
        match names.find(|name| !known(name)) {
            Some(name) => Err(trouble(
                self.connection.server(),
                other_column(table, name),
                ErrorKind::SchemaChanged,
                Some(OTHER_COLUMN),
            )),
            None => Ok(()),
        }
    }

    async fn store(&mut self, table: &Table, rows: &[Values]) -> Result<(), EngineError> {
        let what = || format!("failed to write rows of {}", table.name);
        // Whoever may not leaves triggers and foreign keys as they are.
        self.without_triggers(table).await?;
        let failed = |error| failure(self.connection.server(), what(), error);
        let names = quote::identifiers(Self::columns(table).map(|column| column.name.as_str()));
        let sql = format!(
            "COPY {} ({names}) FROM STDIN (FORMAT text)",
            quote::table(&table.name)
        );
        let sink: CopyInSink<Bytes> = self.connection.client().copy_in(&sql).await.map_err(failed)?;
        pin_mut!(sink);
        let forms = self.forms(table);
        let mut message = BytesMut::new();
        for row in rows {
            for (place, (value, form)) in row.iter().zip(&forms).enumerate() {
                if place > 0 {
                    message.put_u8(b'\t');
                }
                match (value, form) {
                    (None, _) => message.put_slice(b"\\N"),
                    (Some(bytes), ValueForm::Bytes) => hex(bytes, &mut message),
                    (Some(text), _) => escape(text, &mut message),
                }
            }
            message.put_u8(b'\n');
            if message.len() >= MESSAGE {
                sink.send(message.split().freeze()).await.map_err(failed)?;
            }
        }
        sink.send(message.freeze()).await.map_err(failed)?;
        let stored = sink.as_mut().finish().await.map_err(failed)?;
        if stored == rows.len() as u64 {
            return Ok(());
        }
        let what = format!("{}: {stored} of {} rows arrived", what(), rows.len());
        Err(trouble(self.connection.server(), what, ErrorKind::Other, None))
    }

    fn forms(&self, table: &Table) -> Vec<ValueForm> {
        Self::columns(table).map(value_form::form).collect()
    }
}

/// Of `\x00ff`, as `bytea_output = hex` writes it.
fn unhex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("\\x").unwrap_or(text).as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
    let byte = |pair: &[u8]| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap_or(0);
    digits.chunks_exact(2).map(byte).collect()
}

/// As `COPY` reads a `bytea` in its text form: the backslash is doubled.
fn hex(bytes: &[u8], into: &mut BytesMut) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    into.put_slice(b"\\\\x");
    for byte in bytes {
        into.put_u8(DIGITS[usize::from(byte >> 4)]);
        into.put_u8(DIGITS[usize::from(byte & 15)]);
    }
}

/// As `COPY` reads a value in its text form (manual, "COPY", "Text Format").
fn escape(text: &[u8], into: &mut BytesMut) {
    for &byte in text {
        match byte {
            b'\\' => into.put_slice(b"\\\\"),
            b'\t' => into.put_slice(b"\\t"),
            b'\n' => into.put_slice(b"\\n"),
            b'\r' => into.put_slice(b"\\r"),
            _ => into.put_u8(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    #[test]
    fn bytes_come_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = BytesMut::new();
        super::hex(&all, &mut text);
        let text = std::str::from_utf8(&text).expect("hex");
        assert_eq!(super::unhex(&text[1..]), all);
    }

    #[test]
    fn nothing_ends_a_field() {
        let mut text = BytesMut::new();
        super::escape(b"a\tb\nc\rd\\N", &mut text);
        assert_eq!(&text[..], b"a\\tb\\nc\\rd\\\\N");
    }
}
