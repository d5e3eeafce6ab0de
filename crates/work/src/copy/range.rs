//! The rows of one range, from the snapshot to the target.

use std::sync::atomic::Ordering;

use daybreak_engine::{Block, Copied, EngineError, ErrorKind, Read, Write};
use daybreak_model::{ObjectKind, RowRange, Table};
use tokio::sync::mpsc;

use super::load::Load;
use super::{LoadError, describe};
use crate::WorkEvent;

/// Blocks between a reader and its writer: with blocks of at most 512 KiB (or one row) this bounds a worker's memory.
pub(super) const BLOCKS_IN_FLIGHT: usize = 4;

/// Leaves a range alone when the target holds exactly the snapshot's rows of it, else writes it anew.
pub(super) async fn compare_range(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut Box<dyn Write>,
    index: usize,
    range: &RowRange,
) -> Result<Copied, LoadError> {
    let table = load.table(index);
    let wanted = reader.chunk(table, range).await?;
    let there = load.target.checker().await?.chunk(table, range).await?;
    if wanted == there {
        load.ranges_kept.fetch_add(1, Ordering::Relaxed);
        return Ok(Copied {
            rows: wanted.rows,
            bytes: 0,
        });
    }
    copy_range(load, reader, writer, index, range, there.rows > 0).await
}

/// Why a range did not arrive.
pub(super) enum Broken {
    /// The side that writes failed, and may succeed when begun again.
    ByWriter(EngineError),
    /// Beginning again would not help.
    ForGood(LoadError),
}

/// Moves a range once.
async fn pass_over(
    table: &Table,
    range: &RowRange,
    reader: &mut dyn Read,
    writer: &mut dyn Write,
) -> Result<Copied, Broken> {
    let (blocks, received) = mpsc::channel::<Block>(BLOCKS_IN_FLIGHT);
    let (sent, written) = tokio::join!(
        reader.read(table, range, blocks),
        writer.write(table, range, received)
    );
    arrived(table, sent, written)
}

/// Moves a range once, and no more than once.
pub(crate) async fn move_range(
    table: &Table,
    range: &RowRange,
    reader: &mut dyn Read,
    writer: &mut dyn Write,
) -> Result<Copied, LoadError> {
    pass_over(table, range, reader, writer)
        .await
        .map_err(|broken| match broken {
            Broken::ByWriter(error) => error.into(),
            Broken::ForGood(error) => error,
        })
}

/// What came of a range, by what both sides say.
pub(super) fn arrived(
    table: &Table,
    sent: Result<Copied, EngineError>,
    written: Result<Copied, EngineError>,
) -> Result<Copied, Broken> {
    match (sent, written) {
        (Ok(sent), Ok(written)) if sent.rows == written.rows => Ok(written),
        (Ok(sent), Ok(written)) => Err(Broken::ForGood(LoadError::NotSeen {
            object: describe(ObjectKind::Table, &table.name.to_string()),
            trouble: format!("took {} of {} rows of a range", written.rows, sent.rows),
        })),
        // Whichever failed first, the other then only finds nobody at the other end.
        (Err(cause), Err(error)) if is_echo(&error) && !is_echo(&cause) => Err(Broken::ForGood(cause.into())),
        (_, Err(error)) => Err(Broken::ByWriter(error)),
        (Err(error), Ok(_)) => Err(Broken::ForGood(error.into())),
    }
}

/// Moves a range; after a transient error on the target, with a new connection and from a cleared range.
pub(super) async fn copy_range(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut Box<dyn Write>,
    index: usize,
    range: &RowRange,
    clear_first: bool,
) -> Result<Copied, LoadError> {
    let table = load.table(index);
    let mut attempt = 0;
    let mut clear = clear_first;
    loop {
        if clear {
            writer.clear(table, range).await?;
        }
        let error = match pass_over(table, range, reader, writer.as_mut()).await {
            Err(Broken::ByWriter(error)) => error,
            Err(Broken::ForGood(error)) => return Err(error),
            Ok(copied) => return Ok(copied),
        };
        attempt += 1;
        if !error.is_transient() || attempt > load.settings.retries {
            return Err(error.into());
        }
        load.observer.event(WorkEvent::Retrying {
            why: format!("a range of {}: {error}", table.name),
        });
        tokio::time::sleep(std::time::Duration::from_millis(200 * u64::from(attempt))).await;
        *writer = load.target.writer().await?;
        // A commit whose answer was lost may have gone through. A page range cannot be cleared alone, and a whole
        // table is cleared at once, so only such a range as can be told apart is written again.
        match range {
            RowRange::Pages { .. } => return Err(error.into()),
            RowRange::Whole | RowRange::Keys(_) => clear = true,
        }
    }
}

/// Whether a side stopped only because the other had: no server said anything.
fn is_echo(error: &EngineError) -> bool {
    error.kind == ErrorKind::Interrupted && error.code.is_none() && error.source.is_none()
}

#[cfg(test)]
mod tests {
    use daybreak_engine::{EngineError, ErrorKind};

    fn error(kind: ErrorKind, code: Option<&str>) -> EngineError {
        EngineError {
            server: "target".to_owned(),
            what: "failed to load s.t".to_owned(),
            kind,
            code: code.map(str::to_owned),
            hint: None,
            source: None,
        }
    }

    #[test]
    fn an_echo_is_what_no_server_said() {
        assert!(super::is_echo(&error(ErrorKind::Interrupted, None)));
        assert!(!super::is_echo(&error(ErrorKind::Interrupted, Some("1317"))));
        assert!(!super::is_echo(&error(ErrorKind::ConnectionLost, None)));
    }
}
