//! The definitions of many tables: several in one round trip, over several connections at once.

use futures_util::future::try_join_all;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::timeout;

use super::super::connection::{ASK_LIMIT, Server};
use super::super::quote;
use super::catalog::{Listed, created, show_create};
use crate::EngineError;

/// Definitions asked for in one round trip.
const AT_ONCE: usize = 50;
/// Connections that ask at once.
const CONNECTIONS: usize = 4;

/// The `SHOW CREATE TABLE` of each table, in their order.
pub(super) async fn of_tables(
    server: &Server,
    conn: &mut Conn,
    tables: &[&Listed],
) -> Result<Vec<String>, EngineError> {
    let share = tables.len().div_ceil(CONNECTIONS).max(AT_ONCE);
    let mut shares = tables.chunks(share);
    let first = some(server, conn, shares.next().unwrap_or_default());
    let others = shares.map(|tables| async move {
        let mut conn = server.borrow().await?;
        let texts = some(server, &mut conn, tables).await?;
        server.keep(conn);
        Ok(texts)
    });
    let (mut texts, others) = futures_util::try_join!(first, try_join_all(others))?;
    texts.extend(others.into_iter().flatten());
    Ok(texts)
}

async fn some(server: &Server, conn: &mut Conn, tables: &[&Listed]) -> Result<Vec<String>, EngineError> {
    let mut texts = Vec::with_capacity(tables.len());
    for tables in tables.chunks(AT_ONCE) {
        match timeout(ASK_LIMIT, together(conn, tables)).await {
            Ok(Ok(Some(found))) => texts.extend(found),
            // One by one, so that the error names its table.
            Ok(Ok(None) | Err(mysql_async::Error::Server(_))) => {
                for table in tables {
                    texts.push(show_create(server, conn, "TABLE", &table.table.name).await?);
                }
            }
            Ok(Err(error)) => return Err(server.failed("failed to read the tables' definitions", error)),
            Err(_) => {
                let what = "failed to read the tables' definitions: no answer in time";
                return Err(server.error(crate::ErrorKind::Interrupted, what));
            }
        }
    }
    Ok(texts)
}

/// `None` when a definition is not among the answers.
async fn together(conn: &mut Conn, tables: &[&Listed]) -> Result<Option<Vec<String>>, mysql_async::Error> {
    let ask = |table: &&Listed| format!("SHOW CREATE TABLE {}", quote::table(&table.table.name));
    let asked: Vec<String> = tables.iter().map(ask).collect();
    let mut answers = conn.query_iter(asked.join(";")).await?;
    let mut texts = Vec::with_capacity(tables.len());
    while !answers.is_empty() {
        let rows: Vec<Row> = answers.collect().await?;
        texts.extend(rows.first().and_then(created));
    }
    Ok((texts.len() == tables.len()).then_some(texts))
}
