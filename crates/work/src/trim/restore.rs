//! Rows put back as they were, and archives looked through.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use daybreak_engine::{Database, EngineError, ErrorKind, TriggerEvent, Trim, Values};
use daybreak_model::{Column, RowRange, Scope, Table, TableName};
use serde::Serialize;

use super::copies::TrimArchive;
use super::error::TrimError;
use super::manifest::{Archivable, Part, Run};
use super::meaning::changed_meaning;
use super::settle::{each, still_there};
use crate::{Observe, WorkEvent};

/// Rows put back in one transaction.
const TRANSACTION_ROWS: usize = 5_000;

/// What was put back, or looked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The folder of the run, or where it is in a bucket.
    pub run: PathBuf,
    /// The table.
    pub table: TableName,
    /// Rows that the run deleted, by its files.
    pub rows: u64,
    /// Rows that were there already, the same.
    pub already: u64,
    /// Rows whose key another row has by now, which stays.
    pub changed: u64,
    /// Files.
    pub files: u64,
}

/// The runs that an archive holds, and the tables that each of them has rows of.
///
/// # Errors
/// When a manifest cannot be read.
pub fn runs(archive: &TrimArchive) -> Result<Vec<(PathBuf, Vec<TableName>)>, TrimError> {
    let tables = |run: &Run| run.tables.iter().map(|own| own.table.name.clone()).collect();
    let runs = archive.runs()?;
    Ok(runs.iter().map(|run| (archive.name(run), tables(run))).collect())
}

/// Looks through every file of an archive's runs.
///
/// # Errors
/// When a file is not the one that was written.
pub async fn verify(archive: &TrimArchive) -> Result<Vec<RestoreReport>, TrimError> {
    let mut reports = Vec::new();
    for run in archive.runs()? {
        for own in &run.tables {
            let mut report = report(archive, &run, &own.table.name);
            for part in run.parts.iter().filter(|part| part.table == own.table.name) {
                report.rows += deleted(archive, &run, part).await?.len() as u64;
                report.files += 1;
            }
            reports.push(report);
        }
    }
    Ok(reports)
}

fn report(archive: &TrimArchive, run: &Run, table: &TableName) -> RestoreReport {
    RestoreReport {
        run: archive.name(run),
        table: table.clone(),
        rows: 0,
        already: 0,
        changed: 0,
        files: 0,
    }
}

/// The rows of a file that its run deleted. Of a run that was broken off, the last file's rows count only once the next run has found
/// out what became of them.
async fn deleted(archive: &TrimArchive, run: &Run, part: &Part) -> Result<Vec<Values>, TrimError> {
    let path = archive.file(run, part).await?;
    let Some(kept) = &part.kept else {
        return Err(TrimError::Manifest {
            path: archive.name(run),
            trouble: format!(
                "the run was broken off while it deleted the rows of {}: run its rule once more, which finds out which of them are gone",
                part.file
            ),
        });
    };
    let rows = daybreak_archive::read(&path)?;
    let rows = rows.into_iter().enumerate();
    Ok(rows
        .filter(|(place, _)| kept.binary_search(place).is_err())
        .map(|(_, row)| row)
        .collect())
}

/// Puts back what the runs of an archive deleted: the last first, parents before children, each file's rows compared with the table afterwards. With
/// `into`, one table's rows into another of the same columns; with `keep_changed`, rows whose key another row has by now are left out.
///
/// # Errors
/// When a file is not the one that was written, the table has other columns, or a row is there that is another.
pub async fn restore(
    database: &Arc<dyn Database>,
    archive: &TrimArchive,
    only: Option<&TableName>,
    into: Option<&TableName>,
    keep_changed: bool,
    observer: &dyn Observe,
) -> Result<Vec<RestoreReport>, TrimError> {
    // Whatever keeps rows of any table from coming back, none is put back.
    let runs = archive.runs()?;
    let owns = |run: &Run| {
        let holds = |own: &&Archivable| run.parts.iter().any(|part| part.table == own.table.name);
        run.tables.iter().filter(holds).cloned().collect::<Vec<_>>()
    };
    for own in runs.iter().flat_map(owns) {
        if only.is_some_and(|only| own.table.name != *only) {
            continue;
        }
        let table = target(database, &own, into.unwrap_or(&own.table.name)).await?;
        let mut trimmer = database.trimmer(&table.name.schema).await?;
        let triggers = trimmer.triggers(&table, TriggerEvent::Store).await?;
        if !triggers.is_empty() {
            return Err(TrimError::Triggers {
                table: table.name.to_string(),
                triggers: triggers.join(", "),
            });
        }
    }
    let mut reports = Vec::new();
    // What was deleted last comes back first: whatever a row refers to is there by then.
    for run in runs.into_iter().rev() {
        for own in run.tables.iter().rev() {
            if only.is_some_and(|only| own.table.name != *only) {
                continue;
            }
            let table = target(database, own, into.unwrap_or(&own.table.name)).await?;
            let mut report = report(archive, &run, &table.name);
            let mut trimmer = database.trimmer(&table.name.schema).await?;
            let parts = run.parts.iter().rev();
            for part in parts.filter(|part| part.table == own.table.name) {
                let rows = deleted(archive, &run, part).await?;
                let (already, changed) = file(trimmer.as_mut(), &table, part, &rows, keep_changed).await?;
                report.rows += rows.len() as u64;
                report.already += already;
                report.changed += changed;
                report.files += 1;
            }
            observer.event(WorkEvent::TableDone {
                table: table.name.clone(),
                rows: report.rows,
            });
            reports.push(report);
        }
    }
    Ok(reports)
}

/// The table as it is now, if it can take the rows.
async fn target(
    database: &Arc<dyn Database>,
    own: &Archivable,
    name: &TableName,
) -> Result<Table, TrimError> {
    let trouble = |trouble: String| TrimError::NotRestored {
        table: name.to_string(),
        trouble,
    };
    let scope = Scope::of(vec![name.schema.clone()]);
    let tables = database.tables(&scope).await?;
    let table = tables.into_iter().find(|table| table.name == *name);
    let table = table.ok_or_else(|| trouble(format!("is not on {}", database.endpoint())))?;
    let stored = |table: &Table| -> Vec<Column> {
        let stored = table.columns.iter().filter(|column| !column.generated);
        stored.cloned().collect()
    };
    let (then, now) = (stored(&own.table), stored(&table));
    let columns = |stored: &[Column]| -> Vec<(String, String)> {
        let both = |column: &Column| (column.name.clone(), column.base_type.clone());
        stored.iter().map(both).collect()
    };
    let (was, is) = (columns(&then), columns(&now));
    if was != is {
        let odd = was.iter().find(|column| !is.contains(column));
        let odd = odd.or_else(|| is.iter().find(|column| !was.contains(column)));
        let odd = odd.map_or_else(
            || "their order".to_owned(),
            |(name, kind)| format!("`{name}` {kind}"),
        );
        return Err(trouble(format!("has other columns than it had: {odd}")));
    }
    for (was, is) in then.iter().zip(&now) {
        if let Some(odd) = changed_meaning(was, is) {
            return Err(trouble(odd));
        }
    }
    Ok(table)
}

/// Puts the rows of a file back; how many were there already, and how many another row has the key of.
async fn file(
    trimmer: &mut dyn Trim,
    table: &Table,
    part: &Part,
    rows: &[Values],
    keep_changed: bool,
) -> Result<(u64, u64), TrimError> {
    // A restore that was broken off has done some of it, and what came back may have been changed since.
    let found = found(trimmer, table, &part.range, rows).await?;
    let changed = found.changed.len();
    if let Some(first) = found.changed.first().filter(|_| !keep_changed) {
        return Err(TrimError::Changed {
            table: table.name.to_string(),
            file: part.file.clone(),
            rows: changed,
            key: key_in_words(table, &rows[*first]),
        });
    }
    let missing: Vec<&Values> = rows
        .iter()
        .enumerate()
        .filter(|(place, _)| !found.same.contains(place) && !found.changed.contains(place))
        .map(|(_, row)| row)
        .collect();
    for some in missing.chunks(TRANSACTION_ROWS) {
        let some: Vec<Values> = some.iter().map(|row| (*row).clone()).collect();
        trimmer
            .store(table, &some)
            .await
            .map_err(|error| occupied(table, error))?;
    }
    let arrived = still_there(trimmer, table, &part.range, rows).await?;
    if arrived.len() + changed == rows.len() {
        return Ok((found.same.len() as u64, changed as u64));
    }
    Err(TrimError::NotRestored {
        table: table.name.to_string(),
        trouble: format!(
            "{} of {} rows of {} are not as they were",
            rows.len() - arrived.len(),
            rows.len(),
            part.file
        ),
    })
}

/// The places of rows, as they were given, that a table has.
#[derive(Debug, Default)]
struct Found {
    same: BTreeSet<usize>,
    /// Those whose key it has with other values.
    changed: BTreeSet<usize>,
}

/// Which stored columns are the key's, by their places; all of them where it has a computed one, which no file holds.
fn key_places(table: &Table) -> Vec<usize> {
    let stored: Vec<_> = table.columns.iter().filter(|column| !column.generated).collect();
    let key = table.key.iter().flat_map(|key| &key.columns);
    let places: Option<Vec<usize>> = key
        .map(|own| stored.iter().position(|column| column.name == own.name))
        .collect();
    let places = places.filter(|places| !places.is_empty());
    places.unwrap_or_else(|| (0..stored.len()).collect())
}

async fn found(
    trimmer: &mut dyn Trim,
    table: &Table,
    range: &RowRange,
    rows: &[Values],
) -> Result<Found, TrimError> {
    let key = key_places(table);
    let of = |row: &Values| -> Values { key.iter().map(|place| row[*place].clone()).collect() };
    let places: HashMap<Values, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (of(row), place))
        .collect();
    let mut found = Found::default();
    each(trimmer, table, range, true, |row| {
        match places.get(&of(&row.values)) {
            Some(place) if rows[*place] == row.values => {
                found.same.insert(*place);
            }
            Some(place) => {
                found.changed.insert(*place);
            }
            None => {}
        }
    })
    .await?;
    Ok(found)
}

/// A row's key, for people to read.
fn key_in_words(table: &Table, row: &Values) -> String {
    let stored: Vec<_> = table.columns.iter().filter(|column| !column.generated).collect();
    let part = |place: usize| {
        let value = row[place].as_deref().map(String::from_utf8_lossy);
        format!("{} = {}", stored[place].name, value.unwrap_or("NULL".into()))
    };
    let parts: Vec<String> = key_places(table).into_iter().map(part).collect();
    parts.join(", ")
}

fn occupied(table: &Table, error: EngineError) -> TrimError {
    if error.kind == ErrorKind::Duplicate {
        return TrimError::NotRestored {
            table: table.name.to_string(),
            trouble: format!("a row of another content has the same key: {}", error.in_words()),
        };
    }
    error.into()
}
