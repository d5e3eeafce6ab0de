//! Asking a PostgreSQL server.

use std::path::Path;

use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

use crate::login::Login;
use crate::server::{Refusal, Row};

/// Runs one or several statements on a new connection and gives the rows of all of them together.
pub(crate) async fn rows(
    socket: &Path,
    port: u16,
    login: &Login,
    database: &str,
    statement: &str,
) -> Result<Vec<Row>, Refusal> {
    let (client, connection) = Config::new()
        .host_path(socket)
        .port(port)
        .user(login.name())
        .password(login.password())
        .dbname(database)
        .connect(NoTls)
        .await
        .map_err(refusal)?;
    let connection = tokio::spawn(connection);
    let result = client.simple_query(statement).await.map_err(refusal);
    drop(client);
    let _ = connection.await;
    Ok(result?
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|column| row.get(column).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        })
        .collect())
}

fn refusal(error: tokio_postgres::Error) -> Refusal {
    match error.as_db_error() {
        Some(db) => Refusal {
            code: Some(db.code().code().to_owned()),
            answer: db.message().to_owned(),
        },
        None => Refusal {
            code: None,
            answer: match std::error::Error::source(&error) {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
        },
    }
}

/// A text as a literal of PostgreSQL's SQL.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as an identifier of PostgreSQL's SQL.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
