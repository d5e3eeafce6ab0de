//! One look at some of a table's rows, on the source and on all compared servers at once, and what comes of it.

use std::time::{Duration, Instant};

use daybreak_engine::EngineError;
use daybreak_model::{ChunkDigest, KeyBound, RowHash, RowRange, Table};
use futures_util::future::join_all;

use super::node::{Node, RETRIES, in_words, is_of_a_table, pause};
use super::report::TableReport;
use super::settle;
use super::sides::Lead;

/// Some units on all servers as one range, at once or in turn; what is not the same at the first look is settled server by server.
/// Returns how long the slowest server took for it.
pub(super) async fn look(
    lead: &mut Lead,
    nodes: &mut [Node],
    table: &Table,
    units: &[RowRange],
    in_turn: bool,
    outcomes: &mut [TableReport],
) -> Result<Option<Duration>, EngineError> {
    let Some(range) = RowRange::joined(units) else {
        return Ok(None);
    };
    if nodes.iter().all(|node| node.follower.is_none()) {
        for (node, outcome) in nodes.iter().zip(outcomes) {
            node.passed_over(outcome);
        }
        return Ok(None);
    }
    let (here, there, took) = if in_turn {
        let (here, mut took) = timed(lead_chunk(lead, table, &range)).await;
        let mut there = Vec::with_capacity(nodes.len());
        for node in nodes.iter_mut() {
            let (digest, time) = timed(node.chunk(table, &range)).await;
            there.push(digest);
            took = took.max(time);
        }
        (here, there, took)
    } else {
        let nodes = join_all(nodes.iter_mut().map(|node| node.chunk(table, &range)));
        let ((here, there), took) =
            timed(async { tokio::join!(lead_chunk(lead, table, &range), nodes) }).await;
        (here, there, took)
    };
    let here = match here {
        Err(error) if is_of_a_table(&error) => {
            let why = in_words(&error);
            outcomes.iter_mut().for_each(|outcome| outcome.doubt(why.clone()));
            return Ok(Some(took));
        }
        here => here?,
    };
    for ((node, outcome), there) in nodes.iter_mut().zip(outcomes).zip(there) {
        let there = match there {
            None => {
                node.passed_over(outcome);
                continue;
            }
            Some(Err(error)) => {
                node.trouble(error, outcome);
                continue;
            }
            Some(Ok(there)) => there,
        };
        outcome.chunks += 1;
        outcome.rows += here.rows;
        if here != there {
            settle_units(lead, node, table, units, outcome).await?;
        }
    }
    Ok(Some(took))
}

/// What an answer is, and how long it took.
async fn timed<T>(answer: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let answer = answer.await;
    (answer, begun.elapsed())
}

/// Settles units that together are not the same: halves them until it stands at a unit, so that no more than the rows of one
/// are ever listed. What is not in a first half must be in the second.
async fn settle_units(
    lead: &mut Lead,
    node: &mut Node,
    table: &Table,
    units: &[RowRange],
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut open = vec![units];
    while let Some(part) = open.pop() {
        if let [unit] = part {
            outcome.rechecked += 1;
            settle(lead, node, table, Part::Range(unit), outcome).await?;
            continue;
        }
        let (first, second) = part.split_at(part.len() / 2);
        let first_differs = differ(lead, node, table, first, outcome).await?;
        if !first_differs || differ(lead, node, table, second, outcome).await? {
            open.push(second);
        }
        if first_differs {
            open.push(first);
        }
    }
    Ok(())
}

/// Whether units are not the same now; a server that does not answer any more has nothing that differs.
async fn differ(
    lead: &mut Lead,
    node: &mut Node,
    table: &Table,
    units: &[RowRange],
    outcome: &mut TableReport,
) -> Result<bool, EngineError> {
    let Some(range) = RowRange::joined(units) else {
        return Ok(true);
    };
    let (here, there) = tokio::join!(lead_chunk(lead, table, &range), node.chunk(table, &range));
    let here = match here {
        Err(error) if is_of_a_table(&error) => {
            outcome.doubt(in_words(&error));
            return Ok(false);
        }
        here => here?,
    };
    match there {
        None => Ok(false),
        Some(Err(error)) => {
            node.trouble(error, outcome);
            Ok(false)
        }
        Some(Ok(there)) => Ok(here != there),
    }
}

async fn lead_chunk(lead: &mut Lead, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
    let mut attempt = 0;
    loop {
        match lead.on.chunk(table, range).await {
            Err(error) if error.is_transient() && attempt < RETRIES => {
                attempt += 1;
                tokio::time::sleep(pause(attempt)).await;
                lead.reconnect().await?;
            }
            other => return other,
        }
    }
}

/// What of a table is settled.
#[derive(Clone, Copy)]
enum Part<'a> {
    Range(&'a RowRange),
    Rows(&'a [KeyBound]),
}

/// Settles a part of a table on one server. An error counts as the compared server's, unless the source does not answer either.
async fn settle(
    lead: &mut Lead,
    node: &mut Node,
    table: &Table,
    part: Part<'_>,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut attempt = 0;
    loop {
        let Some(follower) = node.follower.as_mut() else {
            return Ok(());
        };
        let mut found = outcome.clone();
        let settled = match part {
            Part::Rows(keys) => settle::rows(lead, follower, table, keys.to_vec(), &mut found)
                .await
                .map(drop),
            Part::Range(range) if table.key.is_some() => {
                settle::by_rows(lead, follower, table, range, &mut found).await
            }
            Part::Range(_) => settle::by_hash(lead, follower, table, &mut found).await,
        };
        let Err(error) = settled else {
            *outcome = found;
            return Ok(());
        };
        if !error.is_transient() || attempt == RETRIES {
            node.trouble(error, outcome);
            return Ok(());
        }
        attempt += 1;
        tokio::time::sleep(pause(attempt)).await;
        lead.reconnect().await?;
        if let Err(error) = node.again(attempt).await {
            node.trouble(error, outcome);
        }
    }
}

/// Rows with these keys on all servers at once; those that are not the same at the first look are settled server by server.
pub(super) async fn look_at_rows(
    lead: &mut Lead,
    nodes: &mut [Node],
    table: &Table,
    keys: &[KeyBound],
    outcomes: &mut [TableReport],
) -> Result<(), EngineError> {
    let (here, there) = tokio::join!(
        lead_rows(lead, table, keys),
        join_all(nodes.iter_mut().map(|node| node.rows_by_key(table, keys)))
    );
    let here = match here {
        Err(error) if is_of_a_table(&error) => {
            let why = in_words(&error);
            outcomes.iter_mut().for_each(|outcome| outcome.doubt(why.clone()));
            return Ok(());
        }
        here => here?,
    };
    for ((node, outcome), there) in nodes.iter_mut().zip(outcomes).zip(there) {
        let there = match there {
            None => {
                node.passed_over(outcome);
                continue;
            }
            Some(Err(error)) => {
                node.trouble(error, outcome);
                continue;
            }
            Some(Ok(there)) => there,
        };
        outcome.chunks += 1;
        outcome.rows += keys.len() as u64;
        let suspects = keys.iter().zip(here.iter().zip(&there));
        let suspects = suspects.filter(|(_, (here, there))| here != there);
        let suspects: Vec<KeyBound> = suspects.map(|(key, _)| key.clone()).collect();
        if !suspects.is_empty() {
            outcome.rechecked += 1;
            settle(lead, node, table, Part::Rows(&suspects), outcome).await?;
        }
    }
    Ok(())
}

async fn lead_rows(
    lead: &mut Lead,
    table: &Table,
    keys: &[KeyBound],
) -> Result<Vec<Option<RowHash>>, EngineError> {
    let mut attempt = 0;
    loop {
        match lead.on.rows_by_key(table, keys).await {
            Err(error) if error.is_transient() && attempt < RETRIES => {
                attempt += 1;
                tokio::time::sleep(pause(attempt)).await;
                lead.reconnect().await?;
            }
            other => return other,
        }
    }
}
