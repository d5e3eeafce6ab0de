use std::sync::Arc;

use daybreak_engine::{EngineError, Mend, Read, Statement, mend};
use daybreak_model::{Phase, SchemaObject};
use tokio::task::JoinSet;

use super::load::{Load, Moved, create, create_together, finish};
use super::queue::Task;
use super::range::{compare_range, copy_range};
use super::{LoadError, describe, together};
use crate::WorkEvent;

/// Objects before the rows, the rows with their tables' indexes, then the rest.
pub(crate) async fn carry_out(load: &Arc<Load>, readers: Vec<Box<dyn Read>>) -> Result<Moved, LoadError> {
    let mut writer = load.target.writer().await?;
    for statement in disarm(load).await? {
        writer.execute(&statement).await?;
    }
    // A table that nothing else needs is created by the worker that begins it: a server takes many at once, and for
    // thousands of small tables their creation is most of the load.
    let before = |object: &SchemaObject| object.phase == Phase::BeforeRows && !load.is_apart(object);
    create_together(load, writer.as_mut(), before).await?;

    let mut workers = JoinSet::new();
    for reader in readers {
        let load = Arc::clone(load);
        workers.spawn(async move {
            let result = work(&load, reader).await;
            if result.is_err() {
                load.queue.stop().await;
            }
            result
        });
    }
    let mut first_error = None;
    while let Some(ended) = workers.join_next().await {
        let result = ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        first_error = first_error.or(result.err());
    }
    if let Some(error) = first_error {
        return Err(error);
    }

    let after = |object: &SchemaObject| object.phase == Phase::AfterAll;
    create(load, writer.as_mut(), load.all(), after).await?;
    Ok(load.moved())
}

/// What drops the triggers that an earlier load made. How a trigger of a partition is switched is no object of its own there: it
/// is only set again.
async fn disarm(load: &Load) -> Result<Vec<Statement>, EngineError> {
    let armed = &load.plan.armed;
    if armed.is_empty() {
        return Ok(Vec::new());
    }
    let flavor = load.target.flavor().await?;
    load.observer.event(WorkEvent::Doing {
        what: format!(
            "dropping {} triggers on the target until its rows are there",
            armed.len()
        ),
    });
    let mut statements = Vec::new();
    for trigger in armed {
        let Ok(mended) = mend(&flavor, &Mend::Drop(trigger)) else {
            continue;
        };
        statements.extend(mended.statements.into_iter().map(|text| Statement {
            what: format!(
                "drop {} until the rows are there",
                describe(trigger.kind, &trigger.name)
            ),
            text,
        }));
    }
    Ok(statements)
}

/// One worker: a connection in the snapshot and one on the target, until nothing is left.
async fn work(load: &Load, mut reader: Box<dyn Read>) -> Result<(), LoadError> {
    let mut writer = load.target.writer().await?;
    let mut at = None;
    while let Some(task) = load.queue.next(at).await {
        load.throttle.pass(load.observer.as_ref()).await;
        match task {
            Task::Together(tables) => {
                together::carry_out(load, reader.as_mut(), &mut writer, &tables).await?;
                load.queue.finish_done().await;
            }
            Task::Split(index) => {
                at = Some(index);
                let itself = |object: &SchemaObject| load.is_apart(object);
                create(load, writer.as_mut(), load.of_table(index), itself).await?;
                let ranges = split(load, reader.as_mut(), index).await?;
                load.queue.split_done(index, ranges).await;
            }
            Task::Range(index, range) => {
                at = Some(index);
                let copied = copy_range(load, reader.as_mut(), &mut writer, index, &range, false).await?;
                load.count(index, copied);
                load.queue.range_done(index).await;
            }
            Task::Compare(index, range) => {
                at = Some(index);
                let copied = compare_range(load, reader.as_mut(), &mut writer, index, &range).await?;
                load.count(index, copied);
                load.queue.range_done(index).await;
            }
            Task::Finish(index) => {
                finish(load, writer.as_mut(), index).await?;
                load.queue.finish_done().await;
            }
        }
    }
    Ok(())
}

async fn split(load: &Load, reader: &mut dyn Read, index: usize) -> Result<Vec<Task>, EngineError> {
    let table = load.table(index);
    let (rows, bytes) = (load.settings.range_rows, load.settings.range_bytes);
    if load.plan.started.contains(&table.name) {
        let ranges = reader.split(table, rows, bytes).await?;
        return Ok(ranges
            .into_iter()
            .map(|range| Task::Compare(index, range))
            .collect());
    }
    let ranges = reader.cut(table, rows, bytes).await?;
    Ok(ranges
        .into_iter()
        .map(|range| Task::Range(index, range))
        .collect())
}
