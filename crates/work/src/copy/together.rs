//! Small tables, several of them made, filled and finished in one transaction: for thousands of them its round trips and
//! commits are most of a load. Either all of such a group is on the target or nothing of it.

use daybreak_engine::{Copied, EngineError, Read, Write};
use daybreak_model::{Phase, RowRange, SchemaObject, Table};

use super::LoadError;
use super::load::{Load, statements};
use super::range::{Broken, pass_over};
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
        let error = match once(load, reader, writer.as_mut(), group).await {
            Err(Broken::ByWriter(error)) => error,
            Err(Broken::ForGood(error)) => return Err(error),
            Ok(copied) => break copied,
        };
        attempt += 1;
        if !error.is_transient() || attempt > load.settings.retries {
            return Err(error.into());
        }
        load.observer.event(WorkEvent::Retrying {
            why: format!("{} small tables: {error}", group.len()),
        });
        tokio::time::sleep(std::time::Duration::from_millis(200 * u64::from(attempt))).await;
        // The transaction goes with its connection. Should its commit have gone through all the same, the tables are there,
        // and making them again is refused by name.
        *writer = load.target.writer().await?;
    };
    for (index, copied) in group.iter().zip(copied) {
        load.count(*index, copied);
        load.table_done(*index);
    }
    Ok(())
}

async fn once(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    group: &[usize],
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
    let mut copied = Vec::with_capacity(group.len());
    for index in group {
        copied.push(pass_over(load.table(*index), &RowRange::Whole, reader, writer).await?);
    }
    let tables: Vec<&Table> = group.iter().map(|index| load.table(*index)).collect();
    writer.commit(&indexes, &tables).await.map_err(broken)?;
    Ok(copied)
}
