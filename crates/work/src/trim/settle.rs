//! What became of rows whose deletion was broken off: which of them are there still.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use daybreak_engine::{Database, Fetch, StoredRow, Trim, Values};
use daybreak_model::{KeyRange, RowFilter, RowRange, Table, TableName};

use jiff::Timestamp;

use super::error::TrimError;
use super::manifest::{Aside, Line, Manifest, Run};
use crate::{Observe, WorkEvent};

/// Rows read at a time.
const FETCH: u64 = 2000;
const FETCH_BYTES: usize = 16 << 20;

/// Finds out, of runs that were broken off, which rows of their last files were deleted, and ends them. Nothing that is not archived is
/// deleted by it: what is left is read anew, by the rule as it is now, and what was set aside, which is returned, is archived anew.
pub(super) async fn settle(
    database: &Arc<dyn Database>,
    folder: &Path,
    observer: &dyn Observe,
) -> Result<Vec<Aside>, TrimError> {
    let runs = Run::all(folder)?;
    for run in runs.iter().filter(|run| !run.ended) {
        observer.event(WorkEvent::Doing {
            what: format!(
                "looking what became of the run of {}, which was broken off",
                run.at
            ),
        });
        // A server may go on with what it was told last: a session that nobody listens to any more can still commit.
        if let Some(first) = run.tables.first() {
            let mut trimmer = database.trimmer(&first.table.name.schema).await?;
            trimmer.hold(&run.session_lock()).await?;
        }
    }
    let left = asides(database, &runs).await?;
    for run in runs.iter().filter(|run| !run.ended) {
        let mut manifest = Manifest::go_on(&run.folder)?;
        let mut deleted = 0;
        for part in &run.parts {
            let rows = part.facts.rows;
            if let Some(kept) = &part.kept {
                deleted += rows - kept.len() as u64;
                continue;
            }
            if let Some(aside) = &part.aside {
                // What is there still is archived anew: of these files nothing was deleted then.
                let is_left = left.iter().any(|left| left.aside == *aside);
                let gone = if is_left { 0 } else { rows };
                deleted += gone;
                let places = usize::try_from(rows - gone).unwrap_or(usize::MAX);
                manifest.append(&Line::Deleted {
                    file: part.file.clone(),
                    rows: gone,
                    kept: (0..places).collect(),
                })?;
                continue;
            }
            let path = run.folder.join(&part.file);
            part.facts.verify(&path)?;
            let values = daybreak_archive::read(&path)?;
            let table = run.table(part).ok_or_else(|| TrimError::Manifest {
                path: run.folder.clone(),
                trouble: format!("it does not know the table of {}", part.file),
            })?;
            let mut trimmer = database.trimmer(&part.table.schema).await?;
            let kept = still_there(trimmer.as_mut(), &table.table, &part.range, &values).await?;
            let gone = rows - kept.len() as u64;
            deleted += gone;
            manifest.append(&Line::Deleted {
                file: part.file.clone(),
                rows: gone,
                kept,
            })?;
        }
        manifest.append(&Line::Ended {
            at: Timestamp::now(),
            rows: deleted,
            whole: false,
        })?;
    }
    Ok(left)
}

/// The partitions that runs had set aside and that are there still. Until one is known to be dropped, it counts, whichever run set it aside:
/// a kill may come between the end of one run and the beginning of the next.
async fn asides(database: &Arc<dyn Database>, runs: &[Run]) -> Result<Vec<Aside>, TrimError> {
    // A run that took one over begins anew with it. No two runs give one name, and clocks of machines differ: what any of them said counts.
    let mut known: BTreeMap<&TableName, Aside> = BTreeMap::new();
    for aside in runs.iter().flat_map(|run| &run.asides) {
        let merged = known.entry(&aside.aside).or_insert_with(|| aside.clone());
        merged.held |= aside.held;
        merged.dropped |= aside.dropped;
        merged.put_back |= aside.put_back;
    }
    let mut left = Vec::new();
    let mut partitions = database.partitions().await?;
    for aside in known.into_values().filter(|aside| !aside.dropped) {
        // A run that ended without it has read some of it: it was there.
        let mut parts = runs.iter().flat_map(|run| &run.parts);
        let was_there = parts.any(|part| part.aside.as_ref() == Some(&aside.aside));
        if partitions.is_there(&aside.aside).await? {
            // Also one whose every row is in files: whether it may be dropped is for the rule to say as it is now.
            left.push(aside);
        } else if was_there && !aside.held && !aside.put_back {
            return Err(TrimError::Aside {
                aside: aside.aside.to_string(),
                trouble: "is gone, and not all of it is archived".to_owned(),
            });
        }
    }
    Ok(left)
}

/// The places of rows that are there still, as they were given.
pub(super) async fn still_there(
    trimmer: &mut dyn Trim,
    table: &Table,
    range: &RowRange,
    rows: &[Values],
) -> Result<Vec<usize>, TrimError> {
    let mut places: HashMap<&Values, usize> =
        rows.iter().enumerate().map(|(place, row)| (row, place)).collect();
    let mut left = Vec::new();
    each(trimmer, table, range, true, |row| {
        left.extend(places.remove(&row.values));
    })
    .await?;
    left.sort_unstable();
    Ok(left)
}

/// The places of rows whose keys are there still.
pub(super) async fn keys_still_there(
    trimmer: &mut dyn Trim,
    table: &Table,
    range: &RowRange,
    rows: &[StoredRow],
) -> Result<Vec<usize>, TrimError> {
    let mut places: HashMap<_, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (&row.key, place))
        .collect();
    let mut left = Vec::new();
    each(trimmer, table, range, false, |row| {
        left.extend(places.remove(&row.key));
    })
    .await?;
    left.sort_unstable();
    Ok(left)
}

/// Gives every row of a range.
pub(super) async fn each(
    trimmer: &mut dyn Trim,
    table: &Table,
    range: &RowRange,
    values: bool,
    mut take: impl FnMut(StoredRow),
) -> Result<(), TrimError> {
    let mut range = match range {
        RowRange::Keys(range) => range.clone(),
        RowRange::Whole | RowRange::Pages { .. } => KeyRange::default(),
    };
    let fetch = Fetch {
        rows: FETCH,
        bytes: FETCH_BYTES,
        values,
    };
    loop {
        let all = RowFilter::All(Vec::new());
        let rows = trimmer
            .rows(table, &RowRange::Keys(range.clone()), &all, fetch)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        range.after = Some(last.key.clone());
        rows.into_iter().for_each(&mut take);
    }
}
