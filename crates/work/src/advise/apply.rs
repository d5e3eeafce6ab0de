//! Indexes that were proven, made where the company works, while others write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, ErrorKind, TableIndex};

use super::ProvenIndex;
use crate::followers::Followers;
use crate::{Observe, Throttle, WorkEvent};

/// How often a table that others hold is asked for again.
const TRIES: u32 = 5;
/// How long replicas may take to have an index, beside the time that the server took to make it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes indexes on a primary, one after the other, each once its replicas are near and the server is not busy, and sees it there and on
/// them. One that is there already is left as it is. Returns the names of those that were made.
///
/// # Errors
/// When the server refuses one; what a broken-off statement left is dropped again.
pub async fn apply_indexes(
    indexes: &[ProvenIndex],
    primary: &dyn Database,
    replicas: &[Arc<dyn Database>],
    max_lag_seconds: f64,
    throttle: &Throttle,
    observer: &dyn Observe,
) -> Result<Vec<String>, EngineError> {
    let followers = Followers::new(replicas.to_vec(), max_lag_seconds);
    let mut made = Vec::new();
    for index in indexes {
        if has(primary, index).await? {
            continue;
        }
        if named(primary, index).await?.is_some() {
            let what = format!("{} has an index {} with other columns", index.table, index.name);
            return Err(refusal(primary, what, "rename or drop it"));
        }
        followers.wait(observer).await;
        throttle.pass(observer).await;
        observer.event(WorkEvent::Doing {
            what: format!("making index {} of {}", index.name, index.table),
        });
        let began = Instant::now();
        make(index, primary, observer).await?;
        if !has(primary, index).await? {
            let what = format!(
                "index {} of {} is not there after it was made",
                index.name, index.table
            );
            return Err(refusal(primary, what, "see whether somebody dropped it"));
        }
        let took = began.elapsed();
        for replica in replicas {
            arrived(index, replica.as_ref(), took + PATIENCE, observer).await?;
        }
        made.push(index.name.clone());
    }
    Ok(made)
}

/// Makes one; a table that others hold is asked for again, a while later.
async fn make(
    index: &ProvenIndex,
    primary: &dyn Database,
    observer: &dyn Observe,
) -> Result<(), EngineError> {
    let statements = primary.index_statements(&index.new);
    for attempt in 1.. {
        let Err(error) = primary.run(&statements.make).await else {
            return Ok(());
        };
        // PostgreSQL leaves an index that is kept up and never used; before, no index had that name.
        if named(primary, index).await?.is_some_and(|left| !left.plain) {
            primary.run(&statements.drop).await?;
        }
        if error.kind != ErrorKind::Lock || attempt >= TRIES {
            return Err(error);
        }
        observer.event(WorkEvent::Retrying {
            why: error.in_words(),
        });
        tokio::time::sleep(Duration::from_secs(u64::from(attempt))).await;
    }
    unreachable!("attempts do not end")
}

fn refusal(server: &dyn Database, what: String, hint: &str) -> EngineError {
    EngineError {
        server: server.endpoint().to_string(),
        what,
        kind: ErrorKind::Other,
        code: None,
        hint: Some(hint.to_owned()),
        source: None,
    }
}

/// The table's index of this name.
async fn named(server: &dyn Database, index: &ProvenIndex) -> Result<Option<TableIndex>, EngineError> {
    let there = server.indexes(std::slice::from_ref(&index.table)).await?;
    Ok(there.into_iter().find(|one| one.name == index.name))
}

/// Whether an index of this name with these columns is there, and in use.
async fn has(server: &dyn Database, index: &ProvenIndex) -> Result<bool, EngineError> {
    let wanted = &index.new.columns;
    Ok(named(server, index).await?.is_some_and(|one| {
        (one.plain || wanted.iter().any(|(_, length)| length.is_some()))
            && one.columns.len() == wanted.len()
            && one
                .columns
                .iter()
                .zip(wanted)
                .all(|(own, (column, _))| own.as_ref() == Some(column))
    }))
}

/// Waits until a replica has it.
async fn arrived(
    index: &ProvenIndex,
    replica: &dyn Database,
    patience: Duration,
    observer: &dyn Observe,
) -> Result<(), EngineError> {
    let began = Instant::now();
    while !has(replica, index).await? {
        if began.elapsed() > patience {
            let what = format!("index {} of {} has not arrived", index.name, index.table);
            return Err(refusal(
                replica,
                what,
                "see whether it replicates; on the primary the index is made",
            ));
        }
        observer.event(WorkEvent::Waiting {
            why: format!("{} makes index {}", replica.endpoint(), index.name),
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
