//! The inbox's table in the same file.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{SqliteStore, damaged, failed, integer, number, time};
use crate::inbox::{Answer, Ask, Command, Inbox};
use crate::store::StoreError;

#[async_trait]
impl Inbox for SqliteStore {
    async fn post(
        &self,
        ask: &Ask,
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<u64, StoreError> {
        let ask = serde_json::to_string(ask).map_err(damaged)?;
        let by = by.to_owned();
        self.run(move |connection| {
            connection
                .query_row(
                    "INSERT INTO inbox (ask, by, posted_at, expires_at) VALUES (?1, ?2, ?3, ?4) RETURNING id",
                    params![ask, by, now.to_string(), expires_at.to_string()],
                    |row| number(row, 0),
                )
                .map_err(failed("posting a command"))
        })
        .await
    }

    async fn pending(&self) -> Result<Vec<Command>, StoreError> {
        self.run(|connection| commands(connection, "WHERE answer IS NULL"))
            .await
    }

    async fn all(&self) -> Result<Vec<Command>, StoreError> {
        self.run(|connection| commands(connection, "")).await
    }

    async fn answer(&self, id: u64, answer: &Answer) -> Result<(), StoreError> {
        let answer = serde_json::to_string(answer).map_err(damaged)?;
        self.run(move |connection| {
            connection
                .execute(
                    "UPDATE inbox SET answer = ?2 WHERE id = ?1 AND answer IS NULL",
                    params![integer(id), answer],
                )
                .map_err(failed("answering a command"))?;
            Ok(())
        })
        .await
    }
}

/// The commands that satisfy `filter`, a constant of this file.
fn commands(connection: &Connection, filter: &'static str) -> Result<Vec<Command>, StoreError> {
    let mut query = connection
        .prepare_cached(&format!(
            "SELECT id, ask, by, posted_at, expires_at, answer FROM inbox {filter} ORDER BY id"
        ))
        .map_err(failed("reading the inbox"))?;
    let rows = query
        .query_map([], |row| {
            Ok((
                number(row, 0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, Option<String>>(5)?,
            ))
        })
        .map_err(failed("reading the inbox"))?;
    rows.map(|row| {
        let (id, ask, by, posted_at, expires_at, answer) = row.map_err(failed("reading the inbox"))?;
        Ok(Command {
            id,
            ask: serde_json::from_str(&ask).map_err(damaged)?,
            by,
            posted_at: time(Some(&posted_at))?,
            expires_at: time(Some(&expires_at))?,
            answer: answer
                .map(|answer| serde_json::from_str(&answer).map_err(damaged))
                .transpose()?,
        })
    })
    .collect()
}
