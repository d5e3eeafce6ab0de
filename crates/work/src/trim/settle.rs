//! What became of rows whose deletion was broken off: which of them are there still.

use std::collections::HashMap;

use daybreak_engine::{Fetch, StoredRow, Trim, Values};
use daybreak_model::{KeyRange, RowFilter, RowRange, Table};

use super::error::TrimError;

/// Rows read at a time.
const FETCH: u64 = 2000;
const FETCH_BYTES: usize = 16 << 20;

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
async fn each(
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
