//! Tables brought from a server to a clone, as they are now: where indexes are really made and statements really run. By ranges of
//! their keys, so that a row that is changed meanwhile comes once.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_engine::{Database, Statement, Write};
use daybreak_model::{ObjectKind, Phase, Scope, Table, TableName};

use crate::copy::{LoadError, move_range};
use crate::{Observe, Progress, Throttle, WorkEvent};

/// Rows and bytes of a range, about.
const RANGE_ROWS: u64 = 100_000;
const RANGE_BYTES: u64 = 16 * 1024 * 1024;

/// Makes tables on the clone and fills them; those that could not be are returned with the reason. Foreign keys, triggers and views
/// stay behind: no statement is quicker for them.
pub(super) async fn bring(
    source: &dyn Database,
    clone: &dyn Database,
    tables: &[&Table],
    throttle: &Throttle,
    observer: &dyn Observe,
) -> Result<BTreeMap<TableName, String>, LoadError> {
    let schemas: BTreeSet<String> = tables.iter().map(|table| table.name.schema.clone()).collect();
    let scope = Scope::of(schemas.into_iter().collect());
    let image = source.schema(&scope, &clone.flavor().await?).await?;
    let wanted = |table: &Option<TableName>| {
        let table = table.as_ref()?;
        tables
            .iter()
            .find(|wanted| wanted.name == *table)
            .map(|wanted| &wanted.name)
    };
    let mut failed: BTreeMap<TableName, String> = BTreeMap::new();
    let mut writer = clone.writer().await?;
    for object in &image.objects {
        if object.phase != Phase::BeforeRows || object.kind == ObjectKind::Comment {
            continue;
        }
        let table = wanted(&object.table);
        if object.kind == ObjectKind::Table && table.is_none() {
            continue;
        }
        // What another object would have needed is only missed where a table does need it.
        if let Err(why) = make(writer.as_mut(), &object.name, &object.create).await
            && let Some(table) = table
        {
            failed.insert(table.clone(), why);
        }
    }
    let mut reader = source.reader().await?;
    let began = std::time::Instant::now();
    let expected = tables.iter().map(|table| table.estimated_rows).sum();
    let (mut rows, mut bytes) = (0, 0);
    for table in tables {
        if failed.contains_key(&table.name) {
            continue;
        }
        for range in reader.split(table, RANGE_ROWS, RANGE_BYTES).await? {
            throttle.pass(observer).await;
            let moved = move_range(table, &range, reader.as_mut(), writer.as_mut()).await?;
            rows += moved.rows;
            bytes += moved.bytes;
            observer.event(WorkEvent::Progress(Progress::new(
                rows,
                expected,
                bytes,
                began.elapsed(),
            )));
        }
    }
    for object in &image.objects {
        let table = wanted(&object.table).filter(|table| !failed.contains_key(*table));
        // The others came with it.
        if let (ObjectKind::Index, Some(table)) = (object.kind, table)
            && object.phase != Phase::WithTable
            && let Err(why) = make(writer.as_mut(), &object.name, &object.create).await
        {
            failed.insert(table.clone(), why);
        }
    }
    for table in tables {
        if !failed.contains_key(&table.name) {
            writer.analyze(table).await?;
        }
    }
    Ok(failed)
}

async fn make(writer: &mut dyn Write, name: &str, statements: &[String]) -> Result<(), String> {
    for text in statements {
        let statement = Statement {
            what: format!("make {name}"),
            text: text.clone(),
        };
        writer
            .execute(&statement)
            .await
            .map_err(|error| error.in_words())?;
    }
    Ok(())
}
