//! Asking a MySQL or MariaDB server.

use std::path::Path;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, OptsBuilder, Value};

use crate::login::Login;
use crate::server::{Refusal, Row};

/// Runs a statement on a new connection and gives the rows of its first result that has any columns.
pub(crate) async fn rows(
    socket: &Path,
    login: &Login,
    database: &str,
    statement: &str,
) -> Result<Vec<Row>, Refusal> {
    let options = OptsBuilder::default()
        .socket(Some(socket.display().to_string()))
        .user(Some(login.name()))
        .pass(Some(login.password()).filter(|p| !p.is_empty()))
        .db_name(Some(database).filter(|d| !d.is_empty()));
    let mut connection = Conn::new(options).await.map_err(refusal)?;
    let rows = read(&mut connection, statement).await.map_err(refusal);
    let _ = connection.disconnect().await;
    rows
}

async fn read(connection: &mut Conn, statement: &str) -> Result<Vec<Row>, Error> {
    let mut result = connection.query_iter(statement).await?;
    let mut first = None;
    while !result.is_empty() {
        let rows: Vec<mysql_async::Row> = result.collect().await?;
        first.get_or_insert(rows);
    }
    result.drop_result().await?;
    Ok(first
        .unwrap_or_default()
        .into_iter()
        .map(|row| row.unwrap().into_iter().map(text).collect())
        .collect())
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Server(server) => Refusal {
            code: Some(server.code.to_string()),
            answer: server.message,
        },
        other => Refusal {
            code: None,
            answer: other.to_string(),
        },
    }
}

/// A text as a literal of MySQL's SQL.
pub(crate) fn quote(text: &str) -> String {
    Value::from(text).as_sql(false)
}
