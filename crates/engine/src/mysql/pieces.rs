//! Rows too large to be held whole. Their large values are read a piece at a time, each by the row's key, so that a load's
//! memory does not depend on how large a row is. The server looks at the whole value for each piece, which is the price.
//!
//! Tables without a key, and JSON and spatial values, are read whole.

use daybreak_model::{Column, KeyBound, Table};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::connection::Server;
use super::outgoing::Outgoing;
use super::{column, encode, json, key, quote};
use crate::{EngineError, ErrorKind};

/// Rows whose large columns hold more bytes than this, together, are read in pieces.
const LARGE_BYTES: u64 = 2 << 20;
/// A piece of a binary value, in bytes.
const PIECE_BYTES: u64 = 2 << 20;
/// A piece of a text, in characters, which are of up to four bytes.
const PIECE_CHARACTERS: u64 = 1 << 19;

/// Whether a value of the column may be large, and can be read in pieces.
fn is_bulky(column: &Column) -> bool {
    let large = ["mediumtext", "longtext", "mediumblob", "longblob"];
    !column.generated && large.contains(&column.base_type.as_str())
}

/// Bytes of a row's large columns, as an expression; `None` when none can be large or a row cannot be found by its key.
fn size(table: &Table) -> Option<String> {
    table.key.as_ref()?;
    let lengths: Vec<String> = table
        .columns
        .iter()
        .filter(|column| is_bulky(column))
        .map(|column| format!("COALESCE(LENGTH({}), 0)", quote::name(&column.name)))
        .collect();
    (!lengths.is_empty()).then(|| lengths.join(" + "))
}

/// The condition that leaves out the rows that [`large_rows`] finds.
pub(super) fn is_small(table: &Table) -> String {
    size(table).map_or_else(|| "TRUE".to_owned(), |size| format!("{size} <= {LARGE_BYTES}"))
}

/// The keys of the rows, among those that the conditions hold for, that are to be read in pieces.
pub(super) async fn large_rows(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    conditions: &[String],
) -> Result<Vec<KeyBound>, EngineError> {
    let Some(size) = size(table) else {
        return Ok(Vec::new());
    };
    let mut conditions = conditions.to_vec();
    conditions.push(format!("{size} > {LARGE_BYTES}"));
    let sql = format!(
        "SELECT {} FROM {} WHERE {}",
        key::expressions(table).join(", "),
        quote::table(&table.name),
        conditions.join(" AND ")
    );
    let what = || format!("failed to find the large rows of {}", table.name);
    let rows: Vec<Row> = conn
        .query(sql)
        .await
        .map_err(|error| server.failed(what(), error))?;
    rows.iter()
        .map(|row| {
            key::bound(table, row)
                .ok_or_else(|| server.error(ErrorKind::Other, format!("{}: a key cannot be read", what())))
        })
        .collect()
}

/// Sends one row.
pub(super) async fn send(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    row: &KeyBound,
    out: &mut Outgoing<'_>,
) -> Result<(), EngineError> {
    let what = || format!("failed to read a large row of {}", table.name);
    let at = format!(
        " FROM {} WHERE {}",
        quote::table(&table.name),
        key::equals(table, row, server.flavor().await?)
    );
    let columns: Vec<&Column> = table.columns.iter().filter(|column| !column.generated).collect();
    let list: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = quote::name(&column.name);
            if is_bulky(column) {
                format!("CONCAT(LENGTH({name}), ' ', CHAR_LENGTH({name}))")
            } else {
                column::read_expression(column)
            }
        })
        .collect();
    let failed = |error| server.failed(what(), error);
    let inexact = || server.error(ErrorKind::Other, format!("{}: it is not as it was found", what()));
    let mut found: Vec<Row> = conn
        .query(format!("SELECT {}{at}", list.join(", ")))
        .await
        .map_err(failed)?;
    let small = found.pop().filter(|_| found.is_empty()).ok_or_else(inexact)?;
    json::refuse_inexact(server, table, &json::columns(table), &small)?;
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            out.block().extend_from_slice(b"\t");
        }
        let value = small.as_ref(index);
        if !is_bulky(column) {
            encode::value(value, out.block());
            continue;
        }
        let Some(lengths) = small.get::<Option<String>, _>(index).flatten() else {
            encode::value(value, out.block());
            continue;
        };
        let lengths = lengths
            .split_once(' ')
            .and_then(|(bytes, units)| Some((bytes.parse::<u64>().ok()?, units.parse::<u64>().ok()?)));
        let (bytes, units) = lengths.ok_or_else(inexact)?;
        // `SUBSTRING` counts characters where the column has a character set, else bytes.
        let piece = if column.charset.is_some() {
            PIECE_CHARACTERS
        } else {
            PIECE_BYTES
        };
        let (mut place, mut read) = (0, 0);
        while place < units {
            let sql = format!(
                "SELECT SUBSTRING({}, {}, {piece}){at}",
                quote::name(&column.name),
                place + 1
            );
            let text: Vec<u8> = conn.query_first(sql).await.map_err(failed)?.ok_or_else(inexact)?;
            read += text.len() as u64;
            encode::field(&text, out.block());
            out.pass_on().await?;
            place += piece;
        }
        if read != bytes {
            return Err(inexact());
        }
    }
    out.block().extend_from_slice(b"\n");
    out.row_done().await
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, KeyColumn, RowKey, Table, TableName};

    fn table(base_type: &str, with_key: bool) -> Table {
        Table {
            name: TableName::new("s", "t"),
            columns: vec![Column {
                name: "body".to_owned(),
                base_type: base_type.to_owned(),
                full_type: base_type.to_owned(),
                charset: None,
                nullable: true,
                generated: false,
            }],
            key: with_key.then(|| RowKey {
                index: "PRIMARY".to_owned(),
                columns: vec![KeyColumn {
                    name: "id".to_owned(),
                    integer: true,
                }],
            }),
            estimated_rows: 1,
            estimated_bytes: 1,
        }
    }

    #[test]
    fn only_what_may_be_large_and_can_be_found_again_is_looked_at() {
        assert_eq!(
            super::size(&table("longblob", true)).as_deref(),
            Some("COALESCE(LENGTH(`body`), 0)")
        );
        assert_eq!(super::size(&table("longblob", false)), None);
        assert_eq!(super::size(&table("blob", true)), None);
        assert_eq!(super::size(&table("json", true)), None);
    }
}
