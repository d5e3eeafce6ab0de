use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use daybreak_engine::{Block, Copied, Database, EngineError, ErrorKind, Read, Statement, Write};
use daybreak_model::{ObjectKind, Phase, RowRange, SchemaImage, SchemaObject, Table, TableName};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::queue::{Queue, Task};
use super::together::{self, order};
use super::{LoadError, LoadPlan, LoadSettings, describe};
use crate::{Observe, Progress, Throttle, WorkEvent};

/// Blocks between a reader and its writer: with blocks of at most 512 KiB (or one row) this bounds a worker's memory.
const BLOCKS_IN_FLIGHT: usize = 4;
/// Statements in a transaction that makes objects: few enough for the locks that a server has room for.
const STATEMENTS_TOGETHER: usize = 50;

/// What every worker of one load shares.
pub(super) struct Load {
    plan: LoadPlan,
    pub(super) target: Arc<dyn Database>,
    pub(super) settings: LoadSettings,
    throttle: Throttle,
    pub(super) observer: Arc<dyn Observe>,
    queue: Queue,
    started: Instant,
    rows_expected: u64,
    rows: AtomicU64,
    bytes: AtomicU64,
    ranges_kept: AtomicU64,
    rows_of: Vec<AtomicU64>,
    /// Objects of each table, by their places in the plan.
    objects_of: HashMap<TableName, Vec<usize>>,
}

/// What was moved in all.
pub(super) struct Moved {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) ranges_kept: u64,
}

impl Load {
    pub(super) fn new(
        plan: LoadPlan,
        target: Arc<dyn Database>,
        settings: LoadSettings,
        throttle: Throttle,
        observer: Arc<dyn Observe>,
    ) -> Self {
        let tables = &plan.image.tables;
        let order = order(&plan, target.schema_is_transactional());
        let mut objects_of: HashMap<TableName, Vec<usize>> = HashMap::new();
        for (place, object) in plan.image.objects.iter().enumerate() {
            if let Some(table) = &object.table {
                objects_of.entry(table.clone()).or_default().push(place);
            }
        }
        Self {
            queue: Queue::new(order, tables.len()),
            started: Instant::now(),
            rows_expected: tables.iter().map(|table| table.estimated_rows).sum(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            ranges_kept: AtomicU64::new(0),
            rows_of: tables.iter().map(|_| AtomicU64::new(0)).collect(),
            objects_of,
            plan,
            target,
            settings,
            throttle,
            observer,
        }
    }

    pub(super) fn image(&self) -> &SchemaImage {
        &self.plan.image
    }

    pub(super) fn table(&self, index: usize) -> &Table {
        &self.plan.image.tables[index]
    }

    /// Whether it is a table that its worker makes.
    pub(super) fn is_apart(&self, object: &SchemaObject) -> bool {
        let apart = |table| self.plan.image.apart.contains(table);
        object.kind == ObjectKind::Table && object.table.as_ref().is_some_and(apart)
    }

    fn all(&self) -> std::slice::Iter<'_, SchemaObject> {
        self.plan.image.objects.iter()
    }

    pub(super) fn of_table(&self, index: usize) -> impl Iterator<Item = &SchemaObject> + Send {
        let places = self.objects_of.get(&self.table(index).name);
        places
            .into_iter()
            .flatten()
            .map(|&place| &self.plan.image.objects[place])
    }

    pub(super) fn count(&self, table: usize, copied: Copied) {
        let rows = self.rows.fetch_add(copied.rows, Ordering::Relaxed) + copied.rows;
        let bytes = self.bytes.fetch_add(copied.bytes, Ordering::Relaxed) + copied.bytes;
        self.rows_of[table].fetch_add(copied.rows, Ordering::Relaxed);
        let progress = Progress::new(rows, self.rows_expected, bytes, self.started.elapsed());
        self.observer.event(WorkEvent::Progress(progress));
    }

    /// Says what is about to be made, if it is more than one thing.
    fn tell_of(&self, statements: &[Statement]) {
        if statements.len() > 1 {
            self.observer.event(WorkEvent::Doing {
                what: format!(
                    "running {} statements that create objects on the target",
                    statements.len()
                ),
            });
        }
    }

    pub(super) fn table_done(&self, index: usize) {
        self.observer.event(WorkEvent::TableDone {
            table: self.table(index).name.clone(),
            rows: self.rows_of[index].load(Ordering::Relaxed),
        });
    }
}

/// Objects before the rows, the rows with their tables' indexes, then the rest.
pub(super) async fn carry_out(load: &Arc<Load>, readers: Vec<Box<dyn Read>>) -> Result<Moved, LoadError> {
    let mut writer = load.target.writer().await?;
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
    Ok(Moved {
        rows: load.rows.load(Ordering::Relaxed),
        bytes: load.bytes.load(Ordering::Relaxed),
        ranges_kept: load.ranges_kept.load(Ordering::Relaxed),
    })
}

/// The statements of those objects that are chosen and not there yet, in the plan's order.
pub(super) fn statements<'a>(
    load: &Load,
    among: impl Iterator<Item = &'a SchemaObject>,
    chosen: impl Fn(&SchemaObject) -> bool,
) -> Vec<Statement> {
    let absent = |object: &&SchemaObject| {
        chosen(object) && !load.plan.present.contains(&(object.kind, object.name.clone()))
    };
    let of_object = |object: &'a SchemaObject| {
        let statement = |text: &String| Statement {
            what: format!("create {}", describe(object.kind, &object.name)),
            text: text.clone(),
        };
        object.create.iter().map(statement)
    };
    among.filter(absent).flat_map(of_object).collect()
}

/// Makes the objects that are chosen and not there yet, each on its own.
async fn create<'a>(
    load: &Load,
    writer: &mut dyn Write,
    among: impl Iterator<Item = &'a SchemaObject> + Send,
    chosen: impl Fn(&SchemaObject) -> bool + Send,
) -> Result<(), EngineError> {
    let statements = statements(load, among, chosen);
    load.tell_of(&statements);
    for statement in statements {
        writer.execute(&statement).await?;
    }
    Ok(())
}

/// Makes the objects of the whole image that are chosen and not there yet, several in one transaction where there is such.
async fn create_together(
    load: &Load,
    writer: &mut dyn Write,
    chosen: impl Fn(&SchemaObject) -> bool + Send,
) -> Result<(), EngineError> {
    let statements = statements(load, load.all(), chosen);
    load.tell_of(&statements);
    for some in statements.chunks(STATEMENTS_TOGETHER) {
        writer.begin(some).await?;
        writer.commit(&[], &[]).await?;
    }
    Ok(())
}

/// One worker: a connection in the snapshot and one on the target, until nothing is left.
async fn work(load: &Load, mut reader: Box<dyn Read>) -> Result<(), LoadError> {
    let mut writer = load.target.writer().await?;
    let mut at = None;
    while let Some(task) = load.queue.next(at).await {
        load.throttle.pass(load.observer.as_ref()).await;
        match task {
            Task::Small(index) => {
                let copied = move_small(load, reader.as_mut(), &mut writer, index).await?;
                load.count(index, copied);
                finish(load, writer.as_mut(), index).await?;
                load.queue.finish_done().await;
            }
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

/// Leaves a range alone when the target holds exactly the snapshot's rows of it, else writes it anew.
async fn compare_range(
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

/// Makes a small table and moves its rows, which are read while the server makes it.
async fn move_small(
    load: &Load,
    reader: &mut dyn Read,
    writer: &mut Box<dyn Write>,
    index: usize,
) -> Result<Copied, LoadError> {
    let table = load.table(index);
    let (blocks, received) = mpsc::channel::<Block>(BLOCKS_IN_FLIGHT);
    let mut made = false;
    let writing = async {
        let itself = |object: &SchemaObject| load.is_apart(object);
        create(load, writer.as_mut(), load.of_table(index), itself).await?;
        made = true;
        writer.write(table, &RowRange::Whole, received).await
    };
    let (sent, written) = tokio::join!(reader.read(table, &RowRange::Whole, blocks), writing);
    match arrived(table, sent, written) {
        Ok(copied) => Ok(copied),
        Err(Broken::ByWriter(error)) if made && error.is_transient() => {
            load.observer.event(WorkEvent::Retrying {
                why: format!("{}: {error}", table.name),
            });
            copy_range(load, reader, writer, index, &RowRange::Whole, true).await
        }
        Err(Broken::ByWriter(error)) => Err(error.into()),
        Err(Broken::ForGood(error)) => Err(error),
    }
}

/// Why a range did not arrive.
pub(super) enum Broken {
    /// The side that writes failed, and may succeed when begun again.
    ByWriter(EngineError),
    /// Beginning again would not help.
    ForGood(LoadError),
}

/// Moves a range once.
pub(super) async fn pass_over(
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

/// What came of a range, by what both sides say.
fn arrived(
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
async fn copy_range(
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

/// Indexes of one table, one after the other, then its statistics.
async fn finish(load: &Load, writer: &mut dyn Write, index: usize) -> Result<(), LoadError> {
    let table = load.table(index);
    let after_rows = |object: &SchemaObject| object.phase == Phase::AfterRows;
    create(load, writer, load.of_table(index), after_rows).await?;
    writer.analyze(table).await?;
    load.table_done(index);
    Ok(())
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
