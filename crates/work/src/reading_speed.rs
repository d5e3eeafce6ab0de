//! How fast rows come out of a server, measured by reading some.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Block, Database, EngineError};
use daybreak_model::{Scope, Table};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::{Silent, Throttle, ThrottleLimits};

/// Rows and bytes in a range, about: small enough that a measurement ends soon.
const RANGE_ROWS: u64 = 20_000;
const RANGE_BYTES: u64 = 4 << 20;

/// What reading a part of the rows came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadingSpeed {
    /// Connections that read at once.
    pub connections: usize,
    /// Rows read.
    pub rows: u64,
    /// Bytes of these, as they would be loaded.
    pub bytes: u64,
    /// For how long.
    pub seconds: f64,
    /// Rows in all tables, by the server's estimate.
    pub rows_in_all: u64,
    /// Bytes of all rows, as they would be loaded, if they are as those that were read.
    pub bytes_in_all: u64,
    /// Seconds for all of them at that rate.
    pub seconds_for_all: f64,
}

/// Reads rows of the largest tables, `connections` at once, for about `time`; stands back as a load does. `None` where there are no rows.
///
/// # Errors
/// When the server cannot be read.
pub async fn reading_speed(
    server: &Arc<dyn Database>,
    scope: &Scope,
    connections: usize,
    time: Duration,
) -> Result<Option<ReadingSpeed>, EngineError> {
    let mut tables = server.tables(scope).await?;
    tables.sort_by_key(|table| std::cmp::Reverse(table.estimated_bytes));
    let estimated = |of: fn(&Table) -> u64| tables.iter().map(of).sum::<u64>();
    let (all_rows, all_bytes) = (
        estimated(|table| table.estimated_rows),
        estimated(|table| table.estimated_bytes),
    );
    let throttle = Throttle::new(Arc::clone(server), ThrottleLimits::default());
    throttle.pass(&Silent).await;
    let began = Instant::now();
    let reads = tables
        .iter()
        .take(connections)
        .map(|table| read(server, table, began, time));
    let read = futures_util::future::try_join_all(reads).await?;
    let seconds = began.elapsed().as_secs_f64();
    let (rows, bytes) = read
        .iter()
        .fold((0, 0), |sum, read| (sum.0 + read.0, sum.1 + read.1));
    if rows == 0 || bytes == 0 {
        return Ok(None);
    }
    // What the same rows take in the server's own files, by its estimate, says what all of its files would come to.
    let stored: f64 = tables
        .iter()
        .zip(&read)
        .map(|(table, read)| {
            as_float(table.estimated_bytes) * as_float(read.0) / as_float(table.estimated_rows.max(1))
        })
        .sum();
    let in_all = as_float(all_bytes) * as_float(bytes) / stored.max(1.0);
    Ok(Some(ReadingSpeed {
        connections: read.len(),
        rows,
        bytes,
        seconds,
        rows_in_all: all_rows,
        bytes_in_all: whole(in_all.max(as_float(bytes))),
        seconds_for_all: in_all.max(as_float(bytes)) * seconds / as_float(bytes),
    }))
}

/// Rows and bytes that one connection reads of a table in this time.
async fn read(
    server: &Arc<dyn Database>,
    table: &Table,
    began: Instant,
    time: Duration,
) -> Result<(u64, u64), EngineError> {
    let mut reader = server.reader().await?;
    let ranges = reader.split(table, RANGE_ROWS, RANGE_BYTES).await?;
    let mut sum = (0, 0);
    for range in &ranges {
        let (blocks, mut received) = mpsc::channel::<Block>(4);
        let gone = async move { while received.recv().await.is_some() {} };
        let (copied, ()) = tokio::join!(reader.read(table, range, blocks), gone);
        let copied = copied?;
        sum = (sum.0 + copied.rows, sum.1 + copied.bytes);
        if began.elapsed() >= time {
            break;
        }
    }
    Ok(sum)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rates and estimates need no more than 53 bits"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, never negative"
)]
const fn whole(estimate: f64) -> u64 {
    estimate as u64
}
