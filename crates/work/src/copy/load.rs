//! What every worker of one load shares, and making objects on the target.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use daybreak_engine::{Copied, Database, EngineError, Statement, Write};
use daybreak_model::{ObjectKind, Phase, SchemaImage, SchemaObject, Table, TableName};

use super::order::order;
use super::queue::Queue;
use super::{LoadPlan, LoadSettings, describe};
use crate::{Observe, Progress, Throttle, WorkEvent};

/// Statements in a transaction that makes objects: few enough for the locks that a server has room for.
const STATEMENTS_TOGETHER: usize = 50;

/// What every worker of one load shares.
pub(crate) struct Load {
    pub(super) plan: LoadPlan,
    pub(super) target: Arc<dyn Database>,
    pub(super) settings: LoadSettings,
    pub(super) throttle: Throttle,
    pub(super) observer: Arc<dyn Observe>,
    pub(super) queue: Queue,
    started: Instant,
    rows_expected: u64,
    rows: AtomicU64,
    bytes: AtomicU64,
    pub(super) ranges_kept: AtomicU64,
    rows_of: Vec<AtomicU64>,
    /// Objects of each table, by their places in the plan.
    objects_of: HashMap<TableName, Vec<usize>>,
}

impl Load {
    pub(crate) fn new(
        plan: LoadPlan,
        target: Arc<dyn Database>,
        settings: LoadSettings,
        throttle: Throttle,
        observer: Arc<dyn Observe>,
    ) -> Self {
        let tables = &plan.image.tables;
        let order = order(&plan);
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

    pub(crate) fn image(&self) -> &SchemaImage {
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

    pub(super) fn all(&self) -> std::slice::Iter<'_, SchemaObject> {
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
    fn tell_of(&self, objects: &[Vec<Statement>]) {
        let statements: usize = objects.iter().map(Vec::len).sum();
        if statements > 1 {
            self.observer.event(WorkEvent::Doing {
                what: format!("running {statements} statements that create objects on the target"),
            });
        }
    }

    /// What has been moved until now.
    pub(super) fn moved(&self) -> Moved {
        Moved {
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            ranges_kept: self.ranges_kept.load(Ordering::Relaxed),
        }
    }

    pub(super) fn table_done(&self, index: usize) {
        self.observer.event(WorkEvent::TableDone {
            table: self.table(index).name.clone(),
            rows: self.rows_of[index].load(Ordering::Relaxed),
        });
    }
}

/// What was moved in all.
pub(crate) struct Moved {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) ranges_kept: u64,
}

/// The statements of each of those objects that are chosen and not there yet, in the plan's order.
pub(super) fn statements<'a>(
    load: &Load,
    among: impl Iterator<Item = &'a SchemaObject>,
    chosen: impl Fn(&SchemaObject) -> bool,
) -> Vec<Vec<Statement>> {
    let absent = |object: &&SchemaObject| {
        chosen(object) && !load.plan.present.contains(&(object.kind, object.name.clone()))
    };
    let of_object = |object: &'a SchemaObject| {
        let statement = |text: &String| Statement {
            what: format!("create {}", describe(object.kind, &object.name)),
            text: text.clone(),
        };
        object.create.iter().map(statement).collect()
    };
    among.filter(absent).map(of_object).collect()
}

/// Some objects' statements at a time, and each object's together: one that a load left without the rest of its statements, its
/// rights perhaps, would be taken as whole by the load that goes on.
fn whole_objects(objects: Vec<Vec<Statement>>) -> Vec<Vec<Statement>> {
    let mut groups: Vec<Vec<Statement>> = Vec::new();
    for object in objects {
        match groups.last_mut() {
            Some(group) if group.len() + object.len() <= STATEMENTS_TOGETHER => group.extend(object),
            _ => groups.push(object),
        }
    }
    groups
}

/// Makes the objects that are chosen and not there yet, each on its own, with all its statements or none where there is such.
pub(super) async fn create<'a>(
    load: &Load,
    writer: &mut dyn Write,
    among: impl Iterator<Item = &'a SchemaObject> + Send,
    chosen: impl Fn(&SchemaObject) -> bool + Send,
) -> Result<(), EngineError> {
    let objects = statements(load, among, chosen);
    load.tell_of(&objects);
    for object in objects {
        if let [only] = object.as_slice() {
            writer.execute(only).await?;
        } else {
            writer.begin(&object).await?;
            writer.commit(&[], &[]).await?;
        }
    }
    Ok(())
}

/// Makes the objects of the whole image that are chosen and not there yet, several in one transaction where there is such.
pub(super) async fn create_together(
    load: &Load,
    writer: &mut dyn Write,
    chosen: impl Fn(&SchemaObject) -> bool + Send,
) -> Result<(), EngineError> {
    let objects = statements(load, load.all(), chosen);
    load.tell_of(&objects);
    for some in whole_objects(objects) {
        writer.begin(&some).await?;
        writer.commit(&[], &[]).await?;
    }
    Ok(())
}

/// Indexes of one table, one after the other, then its statistics.
pub(super) async fn finish(load: &Load, writer: &mut dyn Write, index: usize) -> Result<(), EngineError> {
    // How large a table is decides whether its indexes come with it, and its estimate moves: a load that was broken off may
    // have made it without the indexes that the next one expects on it.
    let stood = load.plan.started.contains(&load.table(index).name);
    let after_rows = |object: &SchemaObject| match object.phase {
        Phase::AfterRows => true,
        Phase::WithTable => stood,
        Phase::BeforeRows | Phase::AfterAll => false,
    };
    create(load, writer, load.of_table(index), after_rows).await?;
    writer.analyze(load.table(index)).await?;
    load.table_done(index);
    Ok(())
}

#[cfg(test)]
mod tests {
    use daybreak_engine::Statement;

    use super::{STATEMENTS_TOGETHER, whole_objects};

    #[test]
    fn no_object_is_torn() {
        let object = |statements: usize| -> Vec<Statement> {
            let one = Statement {
                what: "create it".to_owned(),
                text: "CREATE".to_owned(),
            };
            vec![one; statements]
        };
        let sizes = |objects: &[usize]| -> Vec<usize> {
            let groups = whole_objects(objects.iter().map(|&size| object(size)).collect());
            groups.iter().map(Vec::len).collect()
        };
        let full = STATEMENTS_TOGETHER;
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&[1, 2, 3]), [6]);
        assert_eq!(sizes(&[full - 1, 2, 1]), [full - 1, 3]);
        assert_eq!(sizes(&[1, full + 5, 1]), [1, full + 5, 1]);
    }
}
