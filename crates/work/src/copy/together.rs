//! Small tables, several at once, their rows in one transaction: for thousands of them its round trips and commits are most
//! of a load. Where schema statements belong to transactions, either all of such a group is on the target or nothing of it;
//! elsewhere its tables are there first, and a load that goes on finds them empty.

use std::time::Duration;

use daybreak_engine::{Copied, EngineError, Read, Write};
use daybreak_model::{Phase, RowRange, SchemaObject, Table};

use super::LoadError;
use super::load::{Load, finish, statements};
use super::range::{Broken, copy_range, pass_over};
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
        statements(load, objects, chosen)
    };
    let (tables, indexes) = (
        of(&|object| load.is_apart(object)),
        of(&|object| object.phase == Phase::AfterRows),
    );
    let broken = |error: EngineError| Broken::ByWriter(error);
    writer.begin(&tables).await.map_err(broken)?;
    *made = true;
    let mut copied = Vec::with_capacity(group.len());
    for index in group {
        copied.push(pass_over(load.table(*index), &RowRange::Whole, reader, writer).await?);
    }
    let tables: Vec<&Table> = group.iter().map(|index| load.table(*index)).collect();
    writer.commit(&indexes, &tables).await.map_err(broken)?;
    Ok(copied)
}
