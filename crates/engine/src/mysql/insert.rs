//! The slower way in, where `local_infile` is off: the same blocks as multi-row `INSERT`s.

use daybreak_model::Table;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::mpsc;

use super::column::{Kind, kind};
use super::connection::Server;
use super::warnings::InvalidEnums;
use super::{column, encode, quote, warnings};
use crate::{Block, Copied, EngineError, ErrorKind};

/// Size at which a statement is sent, unless one row is larger.
const STATEMENT_BYTES: usize = 512 * 1024;

/// Loads within an open transaction.
pub(crate) async fn load(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    invalid: InvalidEnums<'_>,
    blocks: &mut mpsc::Receiver<Block>,
    max_packet: u64,
) -> Result<Copied, EngineError> {
    let columns: Vec<_> = table.columns.iter().filter(|column| !column.generated).collect();
    let names: Vec<_> = columns.iter().map(|column| quote::name(&column.name)).collect();
    let head = format!(
        "INSERT INTO {} ({}) VALUES ",
        quote::table(&table.name),
        names.join(", ")
    );
    let values: Vec<_> = columns
        .iter()
        .map(|column| (kind(column), column::load_target(column, 0).1.is_some()))
        .collect();
    let mut copied = Copied::default();
    let mut warned = 0;
    let mut pending: Vec<u8> = Vec::new();
    let mut statement = head.clone().into_bytes();
    let mut in_statement = 0;
    loop {
        let ended = match blocks.recv().await {
            None => return Err(broken_off(server, table)),
            Some(Block::End) => true,
            Some(Block::Rows(block)) => {
                copied.bytes += block.len() as u64;
                pending.extend_from_slice(&block);
                false
            }
        };
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &pending[start..]) {
            append(
                &pending[start..start + length],
                &values,
                in_statement > 0,
                &mut statement,
            );
            start += length + 1;
            in_statement += 1;
            if statement.len() >= STATEMENT_BYTES {
                warned += run(server, conn, table, &statement, max_packet).await?;
                copied.rows += in_statement;
                in_statement = 0;
                statement.truncate(head.len());
            }
        }
        pending.drain(..start);
        if ended {
            if in_statement > 0 {
                warned += run(server, conn, table, &statement, max_packet).await?;
                copied.rows += in_statement;
            }
            if warned > 0 && warned != invalid.count(server, conn, table).await? {
                return Err(server.error(
                    ErrorKind::Other,
                    format!("failed to load {}: the server bent {warned} values", table.name),
                ));
            }
            return Ok(copied);
        }
    }
}

/// Appends one encoded row as a tuple of literals.
fn append(row: &[u8], values: &[(Kind, bool)], follows: bool, statement: &mut Vec<u8>) {
    statement.extend_from_slice(if follows { b",(" } else { b"(" });
    for (index, (field, (kind, converted))) in row.split(|byte| *byte == b'\t').zip(values).enumerate() {
        if index > 0 {
            statement.push(b',');
        }
        let Some(value) = encode::decode(field) else {
            statement.extend_from_slice(b"NULL");
            continue;
        };
        let (before, after): (&[u8], &[u8]) = match (kind, converted) {
            (Kind::Json, _) => (b"CONVERT(_binary'", b"' USING utf8mb4)"),
            (Kind::Enum, true) => (b"0+'", b"'"),
            _ => (b"_binary'", b"'"),
        };
        statement.extend_from_slice(before);
        for byte in value {
            match byte {
                b'\'' => statement.extend_from_slice(b"\\'"),
                b'\\' => statement.extend_from_slice(b"\\\\"),
                0 => statement.extend_from_slice(b"\\0"),
                other => statement.push(other),
            }
        }
        statement.extend_from_slice(after);
    }
    statement.push(b')');
}

/// Sends one statement; the number of its warnings, all of them about truncated values.
async fn run(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    statement: &[u8],
    max_packet: u64,
) -> Result<u64, EngineError> {
    // The server would end the connection, which then looks like trouble with the network.
    if statement.len() as u64 >= max_packet {
        return Err(EngineError {
            hint: Some("raise `max_allowed_packet` there above the size of the largest row, or set `local_infile = 1`".to_owned()),
            ..server.error(
                ErrorKind::Unsupported,
                format!(
                    "failed to load {} by INSERT: {} bytes in one statement, and max_allowed_packet is {max_packet}",
                    table.name,
                    statement.len()
                ),
            )
        });
    }
    conn.query_drop(statement)
        .await
        .map_err(|error| server.failed(format!("failed to load {} by INSERT", table.name), error))?;
    let count = u64::from(conn.get_warnings());
    if count == 0 {
        return Ok(0);
    }
    match warnings::listed(server, conn)
        .await?
        .iter()
        .find(|(code, _)| *code != 1265)
    {
        None => Ok(count),
        Some((code, message)) => Err(server.error(
            ErrorKind::Other,
            format!("failed to load {} by INSERT: {message} ({code})", table.name),
        )),
    }
}

/// The error of a stream of blocks that closed before its end.
pub(crate) fn broken_off(server: &Server, table: &Table) -> EngineError {
    server.error(
        ErrorKind::Interrupted,
        format!("stopped loading {}: its rows were broken off", table.name),
    )
}
