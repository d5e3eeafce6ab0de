//! Rows taken out of tables and put back.
//!
//! A row is deleted by its key, in the transaction that locked it and saw it as it was given. Under READ COMMITTED each statement sees
//! what was committed before it began, so that a row that another came to refer to while ours waited for its lock is seen to be
//! (manual, "Transaction Isolation Levels").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::BytesMut;
use daybreak_model::{Column, ForeignKey, KeyBound, RowFilter, RowRange, Table, ValueForm};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use tokio::sync::mpsc;

use super::connection::Server;
use super::session::Purpose;
use super::writer::Writer;
use super::{column, encode, key, quote, value_form};
use crate::doomed::{Doomed, OTHER_COLUMN, other_column};
use crate::row_filter::{Quoting, condition, is_referred_to};
use crate::{
    Block, Deleted, EngineError, ErrorKind, Fetch, Statement, StoredRow, TriggerEvent, Trim, TrimObstacle,
    Values, Write,
};

const QUOTING: Quoting = Quoting {
    name: quote::name,
    table: quote::table,
    text: quote::text,
    own_row_is_free: false,
};

/// A transaction that cannot have a row for so long gives up, so that nobody waits behind it.
const LOCK_SECONDS: u32 = 5;

/// One connection that takes rows out.
#[derive(Debug)]
pub(crate) struct Trimmer {
    server: Arc<Server>,
    schema: String,
    /// Taken out while a statement runs: a connection whose answer nobody waited for is never used again.
    conn: Option<Conn>,
    /// A lock that every session of it takes.
    held: Option<String>,
}

impl Trimmer {
    pub(crate) async fn open(server: Arc<Server>, schema: &str) -> Result<Self, EngineError> {
        let mut own = Self {
            server,
            schema: schema.to_owned(),
            conn: None,
            held: None,
        };
        own.conn = Some(own.connect().await?);
        Ok(own)
    }

    async fn connect(&self) -> Result<Conn, EngineError> {
        let mut conn = self.server.connect(Purpose::Check).await?;
        let failed = |error| self.server.failed("failed to set up a session", error);
        let settings = [
            format!("USE {}", quote::name(&self.schema)),
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
            format!("SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}, SESSION foreign_key_checks = 1"),
        ];
        for setting in settings {
            conn.query_drop(setting).await.map_err(failed)?;
        }
        if let Some(name) = &self.held {
            lock(&self.server, &mut conn, name).await?;
        }
        Ok(conn)
    }

    async fn take(&mut self) -> Result<Conn, EngineError> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.connect().await,
        }
    }

    fn columns(table: &Table) -> impl Iterator<Item = &Column> {
        table.columns.iter().filter(|column| !column.generated)
    }

    /// The list that reads a row with its key, and how many fields the key has.
    fn list(table: &Table, values: bool) -> (String, usize) {
        let mut list = key::expressions(table);
        let key = list.len();
        if values {
            list.extend(Self::columns(table).map(column::read_expression));
        }
        (list.join(", "), key)
    }

    fn row(&self, table: &Table, key: usize, row: &Row) -> Result<StoredRow, EngineError> {
        let unreadable = || {
            let what = format!("failed to read rows of {}: a key cannot be read", table.name);
            self.server.error(ErrorKind::Other, what)
        };
        let value = |at| match row.as_ref(at) {
            Some(Value::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        };
        Ok(StoredRow {
            key: key::bound(table, row).ok_or_else(unreadable)?,
            values: (key..row.len()).map(value).collect(),
        })
    }

    /// The answer to a statement inside the transaction of a delete.
    async fn ask(&self, conn: &mut Conn, table: &Table, sql: &str) -> Result<Vec<Row>, EngineError> {
        let what = format!("failed to delete rows of {}", table.name);
        conn.query(sql)
            .await
            .map_err(|error| self.server.failed(what, error))
    }

    /// Sees that a table has no stored column that its rows are read without (manual, "The INFORMATION_SCHEMA COLUMNS Table"). Inside a
    /// transaction that has used the table nobody changes it ("Metadata Locking").
    async fn no_other_column(&self, conn: &mut Conn, table: &Table) -> Result<(), EngineError> {
        let what = format!("failed to read the columns of {}", table.name);
        let sql = format!(
            "SELECT COLUMN_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            quote::text(&table.name.schema),
            quote::text(&table.name.name)
        );
        let there: Vec<(String, String)> = self.server.rows_on(conn, &what, &sql).await?;
        let is_generated = |extra: &str| {
            let words = ["VIRTUAL", "STORED", "PERSISTENT"];
            words.iter().any(|word| extra.contains(word))
        };
        let known = |name: &str| Self::columns(table).any(|column| column.name == name);
        match there
            .iter()
            .find(|(name, extra)| !is_generated(extra) && !known(name))
        {
            Some((name, _)) => Err(EngineError {
                hint: Some(OTHER_COLUMN.to_owned()),
                ..self
                    .server
                    .error(ErrorKind::SchemaChanged, other_column(table, name))
            }),
            None => Ok(()),
        }
    }

    async fn delete_in(
        &self,
        conn: &mut Conn,
        table: &Table,
        filter: &RowFilter,
        rows: &[StoredRow],
        referring: &[ForeignKey],
    ) -> Result<Deleted, EngineError> {
        let flavor = self.server.flavor().await?;
        let from = quote::table(&table.name);
        let given: Vec<&KeyBound> = rows.iter().map(|row| &row.key).collect();
        let values = rows.first().is_some_and(|row| !row.values.is_empty());
        let (list, key) = Self::list(table, values);
        self.ask(conn, table, "START TRANSACTION").await?;
        let locked = format!(
            "SELECT {list} FROM {from} WHERE {} AND {} FOR UPDATE",
            key::among(table, &given, flavor),
            condition(filter, &table.name, &QUOTING)
        );
        let mut there = HashMap::with_capacity(rows.len());
        for row in self.ask(conn, table, &locked).await? {
            let row = self.row(table, key, &row)?;
            there.insert(row.key, row.values);
        }
        if values {
            self.no_other_column(conn, table).await?;
        }
        let mut doomed = Doomed::of(rows, &there);
        if !referring.is_empty() && !doomed.keys().is_empty() {
            let referred: Vec<String> = referring
                .iter()
                .map(|key| is_referred_to(key, &QUOTING))
                .collect();
            let sql = format!(
                "SELECT {} FROM {from} WHERE {} AND ({})",
                key::expressions(table).join(", "),
                key::among(table, &doomed.keys(), flavor),
                referred.join(" OR ")
            );
            let mut held = HashSet::new();
            for row in self.ask(conn, table, &sql).await? {
                held.insert(self.row(table, key, &row)?.key);
            }
            doomed.spare(&held);
        }
        let keys = doomed.keys();
        if !keys.is_empty() {
            let sql = format!("DELETE FROM {from} WHERE {}", key::among(table, &keys, flavor));
            self.ask(conn, table, &sql).await?;
            if conn.affected_rows() != keys.len() as u64 {
                let what = format!(
                    "failed to delete rows of {}: {} rows went by the keys of {}",
                    table.name,
                    conn.affected_rows(),
                    keys.len()
                );
                return Err(self.server.error(ErrorKind::Other, what));
            }
        }
        let begun = Instant::now();
        self.ask(conn, table, "COMMIT").await?;
        Ok(Deleted {
            commit: begun.elapsed(),
            ..doomed.deleted()
        })
    }
}

/// For how long a session that may still be at work is waited for, in seconds.
const SESSION_SECONDS: u32 = 60;

/// Takes a lock that ends with the session (manual, "Locking Functions").
pub(super) async fn lock(server: &Server, conn: &mut Conn, name: &str) -> Result<(), EngineError> {
    let what = "failed to wait for the session of a run that was broken off";
    let sql = format!("SELECT GET_LOCK({}, {SESSION_SECONDS})", quote::text(name));
    let taken: Result<Option<Option<u8>>, _> = conn.query_first(sql).await;
    match taken.map_err(|error| server.failed(what, error))? {
        Some(Some(1)) => Ok(()),
        _ => Err(EngineError {
            hint: Some("it still does what it was told last: wait until it has ended, or end it".to_owned()),
            ..server.error(
                ErrorKind::Lock,
                format!("{what}: it is still there after {SESSION_SECONDS} s"),
            )
        }),
    }
}

#[async_trait]
impl Trim for Trimmer {
    async fn hold(&mut self, name: &str) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        lock(&self.server, &mut conn, name).await?;
        self.held = Some(name.to_owned());
        self.conn = Some(conn);
        Ok(())
    }

    async fn obstacles(&mut self, table: &Table) -> Result<Vec<TrimObstacle>, EngineError> {
        let what = format!("failed to ask for the storage engine of {}", table.name);
        let sql = format!(
            "SELECT t.ENGINE FROM information_schema.TABLES AS t LEFT JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE \
             WHERE t.TABLE_SCHEMA = {} AND t.TABLE_NAME = {} AND t.ENGINE IS NOT NULL AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'",
            quote::text(&table.name.schema),
            quote::text(&table.name.name)
        );
        let engines: Vec<String> = self.server.rows(&what, &sql).await?;
        Ok(engines.into_iter().map(TrimObstacle::Engine).collect())
    }

    async fn triggers(&mut self, table: &Table, event: TriggerEvent) -> Result<Vec<String>, EngineError> {
        let what = format!("failed to read the triggers of {}", table.name);
        let sql = format!(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS \
             WHERE EVENT_OBJECT_SCHEMA = {} AND EVENT_OBJECT_TABLE = {} AND EVENT_MANIPULATION = {} ORDER BY TRIGGER_NAME",
            quote::text(&table.name.schema),
            quote::text(&table.name.name),
            match event {
                TriggerEvent::Delete => "'DELETE'",
                TriggerEvent::Store => "'INSERT'",
            }
        );
        self.server.rows(&what, &sql).await
    }

    async fn understands(&mut self, table: &Table, filter: &RowFilter) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        let sql = format!(
            "EXPLAIN SELECT 1 FROM {} WHERE {}",
            quote::table(&table.name),
            condition(filter, &table.name, &QUOTING)
        );
        let what = format!("failed to look for rows of {}", table.name);
        let asked = conn.query_drop(sql).await;
        asked.map_err(|error| self.server.failed(what, error))?;
        self.conn = Some(conn);
        Ok(())
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
        let mut conn = self.take().await?;
        let flavor = self.server.flavor().await?;
        let within =
            key::condition(table, range, flavor).map_or_else(String::new, |within| format!("{within} AND "));
        let sql = format!(
            "SELECT COUNT(*) FROM {} WHERE {within}{}",
            quote::table(&table.name),
            condition(filter, &table.name, &QUOTING)
        );
        let what = format!("failed to count rows of {}", table.name);
        let count: Option<u64> = self.server.while_it_lives(&what, conn.query_first(sql)).await?;
        self.conn = Some(conn);
        Ok(count.unwrap_or(0))
    }

    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        filter: &RowFilter,
        fetch: Fetch,
    ) -> Result<Vec<StoredRow>, EngineError> {
        let mut conn = self.take().await?;
        let flavor = self.server.flavor().await?;
        let within =
            key::condition(table, range, flavor).map_or_else(String::new, |within| format!("{within} AND "));
        let (list, key) = Self::list(table, fetch.values);
        let sql = format!(
            "SELECT {list} FROM {} WHERE {within}{} ORDER BY {} LIMIT {}",
            quote::table(&table.name),
            condition(filter, &table.name, &QUOTING),
            key::order(table),
            fetch.rows
        );
        let failed = |error| {
            self.server
                .failed(format!("failed to read rows of {}", table.name), error)
        };
        let mut rows = Vec::new();
        let mut bytes = 0;
        let mut result = conn.query_iter(sql).await.map_err(failed)?;
        while bytes < fetch.bytes
            && let Some(row) = result.next().await.map_err(failed)?
        {
            let row = self.row(table, key, &row)?;
            bytes += row.values.iter().flatten().map(Vec::len).sum::<usize>();
            rows.push(row);
        }
        // What is left of the answer is not worth reading.
        let whole = bytes < fetch.bytes;
        drop(result);
        self.conn = whole.then_some(conn);
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
        let mut conn = self.take().await?;
        // Dropped with the connection, a transaction is rolled back.
        let deleted = self.delete_in(&mut conn, table, filter, rows, referring).await?;
        self.conn = Some(conn);
        Ok(deleted)
    }

    async fn has_no_other_column(&mut self, table: &Table) -> Result<(), EngineError> {
        let mut conn = self.take().await?;
        self.no_other_column(&mut conn, table).await?;
        self.conn = Some(conn);
        Ok(())
    }

    async fn store(&mut self, table: &Table, rows: &[Values]) -> Result<(), EngineError> {
        let invalid = rows.iter().flat_map(|row| row.iter().zip(Self::columns(table)));
        let invalid = invalid.filter(|(value, column)| {
            let value = value.as_ref();
            value.is_some_and(|value| column::is_invalid_enum(column, value))
        });
        let mut writer = Writer::open_beside(Arc::clone(&self.server), invalid.count() as u64).await?;
        writer
            .execute(&Statement {
                what: "choose the schema".to_owned(),
                text: format!("USE {}", quote::name(&self.schema)),
            })
            .await?;
        let (blocks, received) = mpsc::channel(2);
        let send = async {
            let mut block = BytesMut::new();
            for row in rows {
                for (place, value) in row.iter().enumerate() {
                    if place > 0 {
                        block.extend_from_slice(b"\t");
                    }
                    match value {
                        Some(value) => encode::field(value, &mut block),
                        None => block.extend_from_slice(b"\\N"),
                    }
                }
                block.extend_from_slice(b"\n");
                if block.len() >= encode::BLOCK_BYTES {
                    // A writer that is gone says why itself.
                    let _ = blocks.send(Block::Rows(block.split().freeze())).await;
                }
            }
            let _ = blocks.send(Block::Rows(block.freeze())).await;
            let _ = blocks.send(Block::End).await;
        };
        let (stored, ()) = tokio::join!(writer.write(table, &RowRange::Whole, received), send);
        stored.map(|_| ())
    }

    fn forms(&self, table: &Table) -> Vec<ValueForm> {
        Self::columns(table).map(value_form::form).collect()
    }
}
