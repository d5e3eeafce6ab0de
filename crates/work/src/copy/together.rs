//! Small tables, several at once, their rows in one transaction: for thousands of them its round trips and commits are most
//! of a load. Where schema statements belong to transactions, either all of such a group is on the target or nothing of it;
//! elsewhere its tables are there first, and a load that goes on finds them empty.

use std::time::Duration;

use daybreak_engine::{Block, Copied, EngineError, Read, Write};
use daybreak_model::{Phase, RowRange, SchemaObject, Table};
use tokio::sync::mpsc;

use super::LoadError;
use super::load::{Load, finish, statements};
use super::range::{BLOCKS_IN_FLIGHT, Broken, arrived, copy_range};
use crate::WorkEvent;

/// Moves a group; after a transient error on the target, with a new connection.
pub(super) async fn carry_out(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut Box<dyn Write>,
    group: &[usize],
) -> Result<(), LoadError> {
    let mut attempt = 0;
    let copied = loop {
        let mut made = false;
        let error = match once(load, reader, writer.as_mut(), group, &mut made).await {
            Err(Broken::ByWriter(error)) => error,
            Err(Broken::ForGood(error)) => return Err(error),
            Ok(copied) => break copied,
        };
        attempt += 1;
        let with_its_tables = load.target.schema_is_transactional();
        if !error.is_transient() || attempt > load.settings.retries || !(with_its_tables || made) {
            return Err(error.into());
        }
        load.observer.event(WorkEvent::Retrying {
            why: format!("{} small tables: {error}", group.len()),
        });
        tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
        // The transaction goes with its connection. Should its commit have gone through all the same, the tables are there,
        // and making them again is refused by name.
        *writer = load.target.writer().await?;
        if !with_its_tables {
            return one_by_one(load, reader, writer, group).await;
        }
    };
    for (index, copied) in group.iter().zip(copied) {
        load.count(*index, copied);
        load.table_done(*index);
    }
    Ok(())
}

/// Moves the rows of tables that are there, whatever they hold by now.
async fn one_by_one(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut Box<dyn Write>,
    group: &[usize],
) -> Result<(), LoadError> {
    for &index in group {
        let copied = copy_range(load, reader, writer, index, &RowRange::Whole, true).await?;
        load.count(index, copied);
        finish(load, writer.as_mut(), index).await?;
    }
    Ok(())
}

/// Makes, fills and finishes a group. `made` says whether all of its tables were made.
async fn once(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    group: &[usize],
    made: &mut bool,
) -> Result<Vec<Copied>, Broken> {
    let of = |chosen: &dyn Fn(&SchemaObject) -> bool| {
        let objects = group.iter().flat_map(|index| load.of_table(*index));
        statements(load, objects, chosen).concat()
    };
    let (tables, indexes) = (
        of(&|object| load.is_apart(object)),
        of(&|object| object.phase == Phase::AfterRows),
    );
    let broken = |error: EngineError| Broken::ByWriter(error);
    writer.begin(&tables).await.map_err(broken)?;
    *made = true;
    let tables: Vec<&Table> = group.iter().map(|index| load.table(*index)).collect();
    let copied = rows(&tables, reader, writer).await?;
    writer.commit(&indexes, &tables).await.map_err(broken)?;
    Ok(copied)
}

/// Moves the rows of tables one after the other. The next table is read while one is written: with few rows in each, waiting
/// for answers would be much of the time.
async fn rows(
    tables: &[&Table],
    reader: &mut dyn Read,
    writer: &mut dyn Write,
) -> Result<Vec<Copied>, Broken> {
    let (ahead, mut coming) = mpsc::channel::<mpsc::Receiver<Block>>(1);
    let read = async move {
        let mut sent = Vec::with_capacity(tables.len());
        for table in tables {
            let (blocks, received) = mpsc::channel(BLOCKS_IN_FLIGHT);
            if ahead.send(received).await.is_err() {
                break;
            }
            sent.push(reader.read(table, &RowRange::Whole, blocks).await);
            if sent.last().is_some_and(Result::is_err) {
                break;
            }
        }
        sent
    };
    let write = async move {
        let mut written = Vec::with_capacity(tables.len());
        for table in tables {
            let Some(received) = coming.recv().await else {
                break;
            };
            written.push(writer.write(table, &RowRange::Whole, received).await);
            if written.last().is_some_and(Result::is_err) {
                break;
            }
        }
        written
    };
    let (sent, written) = tokio::join!(read, write);
    // Either side ends with its first failure, and the other finds nobody there at that table or the next: so the first
    // table that did not arrive tells why.
    let both = tables.iter().zip(sent.into_iter().zip(written));
    both.map(|(table, (sent, written))| arrived(table, sent, written))
        .collect()
}
