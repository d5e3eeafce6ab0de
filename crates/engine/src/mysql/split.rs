//! Cutting a table into ranges of its key.

use daybreak_model::{KeyBound, KeyPart, KeyRange, RowRange, Table};
use mysql_async::{Conn, Row};

use super::connection::Server;
use super::{key, quote};
use crate::{EngineError, ErrorKind};

/// A range whose estimate is this many times its share is cut again.
const TOO_FULL: u64 = 4;
/// How often a range may be cut again.
const DEEPEST: u32 = 12;

/// Ranges of about `rows` rows or `bytes` bytes, together covering every row once.
pub(crate) async fn split(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    rows: u64,
    bytes: u64,
) -> Result<Vec<RowRange>, EngineError> {
    let target = rows_per_range(table, rows, bytes);
    let Some(row_key) = &table.key else {
        return Ok(vec![RowRange::Whole]);
    };
    if table.estimated_rows <= target.saturating_add(target / 2) {
        return Ok(vec![RowRange::Whole]);
    }
    let bounds = if row_key.columns.first().is_some_and(|column| column.integer) && row_key.columns.len() == 1
    {
        steps(server, conn, table, target).await?
    } else {
        walk(server, conn, table, target).await?
    };
    Ok(between(bounds))
}

fn rows_per_range(table: &Table, rows: u64, bytes: u64) -> u64 {
    let row_bytes = (table.estimated_bytes / table.estimated_rows.max(1)).max(1);
    rows.min(bytes / row_bytes).max(1)
}

/// The ranges that sorted bounds cut.
fn between(bounds: Vec<KeyBound>) -> Vec<RowRange> {
    if bounds.is_empty() {
        return vec![RowRange::Whole];
    }
    let mut ranges = Vec::with_capacity(bounds.len() + 1);
    let mut after = None;
    for bound in bounds {
        let up_to = Some(bound.clone());
        ranges.push(RowRange::Keys(KeyRange { after, up_to }));
        after = Some(bound);
    }
    ranges.push(RowRange::Keys(KeyRange { after, up_to: None }));
    ranges
}

/// First (`ASC`) or last (`DESC`) key.
pub(crate) async fn end(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    direction: &str,
) -> Result<Option<KeyBound>, EngineError> {
    if table.key.is_none() {
        return Ok(None);
    }
    let order: Vec<_> = key::columns(table)
        .iter()
        .map(|column| format!("{} {direction}", quote::name(&column.name)))
        .collect();
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {} LIMIT 1",
        key::expressions(table).join(", "),
        quote::table(&table.name),
        order.join(", ")
    );
    one_key(server, conn, table, &sql).await
}

async fn one_key(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    sql: &str,
) -> Result<Option<KeyBound>, EngineError> {
    let what = format!("failed to find a key of {}", table.name);
    let rows: Vec<Row> = server.rows_on(conn, &what, sql).await?;
    match rows.first() {
        None => Ok(None),
        Some(row) => key::bound(table, row)
            .map(Some)
            .ok_or_else(|| server.error(ErrorKind::Other, format!("{what}: a value cannot be read"))),
    }
}

/// Equal steps between the smallest and the largest integer, cut again where the index says that far more rows lie.
async fn steps(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    target: u64,
) -> Result<Vec<KeyBound>, EngineError> {
    let ends = (
        end(server, conn, table, "ASC").await?,
        end(server, conn, table, "DESC").await?,
    );
    let (Some(first), Some(last)) = (
        ends.0.as_ref().and_then(integer),
        ends.1.as_ref().and_then(integer),
    ) else {
        return Ok(Vec::new());
    };
    let mut bounds = Vec::new();
    // Ranges still to be looked at, the leftmost on top: (after, up to, depth). `after` of the first lies below all rows.
    let mut open = vec![(first - 1, last, 0_u32)];
    let mut estimate = table.estimated_rows;
    while let Some((after, up_to, depth)) = open.pop() {
        if depth > 0 {
            estimate = estimated_rows(server, conn, table, after, up_to).await?;
        }
        let too_full = depth == 0 || estimate > target.saturating_mul(TOO_FULL);
        if too_full && depth < DEEPEST && up_to - after > 1 {
            // Cut between the keys that are there: one far away would leave all others in one part.
            let Some((least, greatest)) = within(server, conn, table, after, up_to).await? else {
                continue;
            };
            let width = greatest - (least - 1);
            let parts = i128::from(estimate.div_ceil(target)).clamp(2, 4096).min(width);
            for part in (0..parts).rev() {
                let from = least - 1 + width * part / parts;
                let to = least - 1 + width * (part + 1) / parts;
                open.push((from, to, depth + 1));
            }
            continue;
        }
        if up_to < last {
            bounds.push(KeyBound(vec![KeyPart::Integer(up_to)]));
        }
    }
    Ok(bounds)
}

/// The least and the greatest key of a range, if it has any row.
async fn within(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    after: i128,
    up_to: i128,
) -> Result<Option<(i128, i128)>, EngineError> {
    let name = key::order(table);
    let sql = format!(
        "SELECT MIN({name}), MAX({name}) FROM {} WHERE {name} > {after} AND {name} <= {up_to}",
        quote::table(&table.name)
    );
    let what = format!("failed to find the ends of a range of {}", table.name);
    let rows: Vec<(Option<i128>, Option<i128>)> = server.rows_on(conn, &what, &sql).await?;
    Ok(rows
        .into_iter()
        .next()
        .and_then(|(least, greatest)| least.zip(greatest)))
}

fn integer(bound: &KeyBound) -> Option<i128> {
    match bound.0.first() {
        Some(KeyPart::Integer(value)) => Some(*value),
        _ => None,
    }
}

/// The optimizer's estimate of the rows between two integer keys: two dives into the index, no rows read. Under
/// `FORCE INDEX` MySQL 8.0 leaves the dives out and estimates nothing.
async fn estimated_rows(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    after: i128,
    up_to: i128,
) -> Result<u64, EngineError> {
    let range = RowRange::Keys(KeyRange {
        after: Some(KeyBound(vec![KeyPart::Integer(after)])),
        up_to: Some(KeyBound(vec![KeyPart::Integer(up_to)])),
    });
    let flavor = server.flavor().await?;
    let index = table.key.as_ref().map_or("PRIMARY", |key| key.index.as_str());
    let sql = format!(
        "EXPLAIN FORMAT = TRADITIONAL SELECT {} FROM {} USE INDEX ({}){}",
        key::order(table),
        quote::table(&table.name),
        quote::name(index),
        key::filter(table, &range, flavor)
    );
    let rows: Vec<Row> = server
        .rows_on(
            conn,
            &format!("failed to estimate a range of {}", table.name),
            &sql,
        )
        .await?;
    Ok(rows
        .first()
        .and_then(|row| row.get::<Option<u64>, _>("rows").flatten())
        .unwrap_or(0))
}

/// Every `target`th key, found along the index.
async fn walk(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    target: u64,
) -> Result<Vec<KeyBound>, EngineError> {
    let flavor = server.flavor().await?;
    let index = table.key.as_ref().map_or("PRIMARY", |key| key.index.as_str());
    let mut bounds: Vec<KeyBound> = Vec::new();
    loop {
        let range = RowRange::Keys(KeyRange {
            after: bounds.last().cloned(),
            up_to: None,
        });
        let sql = format!(
            "SELECT {} FROM {} FORCE INDEX ({}){} ORDER BY {} LIMIT 1 OFFSET {}",
            key::expressions(table).join(", "),
            quote::table(&table.name),
            quote::name(index),
            key::filter(table, &range, flavor),
            key::order(table),
            target - 1
        );
        match one_key(server, conn, table, &sql).await? {
            Some(bound) => bounds.push(bound),
            None => return Ok(bounds),
        }
    }
}
