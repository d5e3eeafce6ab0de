//! Small tables, several of them made, filled and finished in one transaction: for thousands of them its round trips and
//! commits are most of a load. Either all of such a group is on the target or nothing of it.

use std::cmp::Reverse;

use daybreak_engine::{Copied, EngineError, Read, Write};
use daybreak_model::{Phase, RowRange, SchemaObject, Table};

use super::act::{Broken, Load, pass_over, statements};
use super::queue::Task;
use super::{LoadError, LoadPlan};
use crate::WorkEvent;

/// A small table has no more rows than this, by the server's estimate.
const SMALL_ROWS: u64 = 10_000;
/// And no more bytes.
const SMALL_BYTES: u64 = 1 << 20;
/// Tables in a group. Each takes a lock for itself, for each of its indexes and for where its large values lie.
const TABLES: usize = 16;

/// What a load begins with, the largest table first. Small tables are moved whole, if they are made apart and no earlier load
/// began them; where schema statements belong to transactions, several at once.
pub(super) fn order(plan: &LoadPlan, transactional: bool) -> Vec<Task> {
    let tables = &plan.image.tables;
    let mut order: Vec<usize> = (0..tables.len()).collect();
    order.sort_by_key(|&index| Reverse(tables[index].estimated_bytes));
    let is_small = |index: &usize| {
        let table = &tables[*index];
        table.estimated_rows <= SMALL_ROWS
            && table.estimated_bytes <= SMALL_BYTES
            && plan.image.apart.contains(&table.name)
            && !plan.started.contains(&table.name)
    };
    let (small, others): (Vec<usize>, Vec<usize>) = order.into_iter().partition(is_small);
    let others = others.into_iter().map(Task::Split);
    if transactional {
        let groups = small.chunks(TABLES).map(|group| Task::Together(group.to_vec()));
        others.chain(groups).collect()
    } else {
        others.chain(small.into_iter().map(Task::Small)).collect()
    }
}

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
