//! Cutting a table into ranges.

use daybreak_model::{KeyBound, KeyPart, KeyRange, RowKey, RowRange, Table};

use super::connection::Connection;
use super::{keys, quote};
use crate::EngineError;

/// A heap page, in bytes, as every PostgreSQL that Amazon or a distribution builds has it; only the size of a piece of work
/// depends on it.
const PAGE: u64 = 8192;

/// How many rows a piece may have so that it has about `rows` rows or `bytes` bytes, whichever is smaller.
fn rows_per_piece(table: &Table, rows: u64, bytes: u64) -> u64 {
    let width = (table.estimated_bytes / table.estimated_rows.max(1)).max(1);
    rows.min(bytes / width).max(1)
}

/// Ranges of heap pages: they cost nothing to cut and are read in the order they lie on disk. `size` is the table's, in
/// bytes.
pub(crate) fn by_pages(table: &Table, size: u64, rows: u64, bytes: u64) -> Vec<RowRange> {
    let pieces = table.estimated_rows / rows_per_piece(table, rows, bytes);
    page_ranges(size / PAGE, pieces.max(table.estimated_bytes / bytes.max(1)))
}

fn page_ranges(pages: u64, pieces: u64) -> Vec<RowRange> {
    let pieces = pieces.min(pages);
    if pieces < 2 {
        return vec![RowRange::Whole];
    }
    let step = pages.div_ceil(pieces);
    let starts = (0..pages).step_by(usize::try_from(step).unwrap_or(usize::MAX));
    starts
        .map(|from| RowRange::Pages {
            from,
            to: Some(from + step).filter(|to| *to < pages),
        })
        .collect()
}

/// Ranges of the key. Numbers that lie close together are cut in equal steps; others are walked along the index. A key
/// whose order its index does not have (text) is not cut.
pub(crate) async fn by_key(
    connection: &Connection,
    table: &Table,
    only: bool,
    rows: u64,
    bytes: u64,
) -> Result<Vec<RowRange>, EngineError> {
    let piece = rows_per_piece(table, rows, bytes);
    let Some(key) = &table.key else {
        return Ok(vec![RowRange::Whole]);
    };
    if table.estimated_rows <= piece {
        return Ok(vec![RowRange::Whole]);
    }
    if let Some(ranges) = equal_steps(connection, table, key, piece).await? {
        return Ok(ranges);
    }
    walk(connection, table, key, only, piece).await
}

/// Equal steps of a single integer key, unless its values lie so far apart that most steps would be empty.
async fn equal_steps(
    connection: &Connection,
    table: &Table,
    key: &RowKey,
    piece: u64,
) -> Result<Option<Vec<RowRange>>, EngineError> {
    let [column] = key.columns.as_slice() else {
        return Ok(None);
    };
    if !column.integer {
        return Ok(None);
    }
    let name = quote::identifier(&column.name);
    let ask = format!(
        "SELECT min({name})::text, max({name})::text FROM {}",
        quote::table(&table.name)
    );
    let what = format!("failed to find the bounds of {}", table.name);
    let rows = connection.simple(&ask, what).await?;
    let number = |index| rows.first()?.get(index)?.parse::<i128>().ok();
    let (Some(low), Some(high)) = (number(0), number(1)) else {
        return Ok(Some(vec![RowRange::Whole]));
    };
    let pieces = i128::from(table.estimated_rows / piece + 1);
    let sparse = high - low > i128::from(table.estimated_rows).saturating_mul(4);
    let step = ((high - low) / pieces).max(1);
    if sparse {
        return Ok(None);
    }
    let bounds = (1..pieces)
        .map(|index| low + index * step)
        .take_while(|bound| *bound < high);
    Ok(Some(between(
        bounds.map(|bound| KeyBound(vec![KeyPart::Integer(bound)])),
    )))
}

/// Every so many rows along the index.
async fn walk(
    connection: &Connection,
    table: &Table,
    key: &RowKey,
    only: bool,
    piece: u64,
) -> Result<Vec<RowRange>, EngineError> {
    let columns = keys::columns(table, key);
    if !columns.iter().all(|column| column.native) {
        return Ok(vec![RowRange::Whole]);
    }
    let mut bounds: Vec<KeyBound> = Vec::new();
    loop {
        let after = bounds.last().map_or_else(String::new, |bound| {
            format!(" WHERE {}", keys::compare(&columns, ">", bound))
        });
        let ask = format!(
            "SELECT {} FROM {}{}{after} ORDER BY {} OFFSET {} LIMIT 1",
            keys::texts(&columns),
            if only { "ONLY " } else { "" },
            quote::table(&table.name),
            keys::order(&columns, ""),
            piece - 1,
        );
        let what = format!("failed to cut {} along its key", table.name);
        match connection.simple(&ask, what).await?.first() {
            Some(row) => bounds.push(keys::bound(&columns, row)),
            None => return Ok(between(bounds.into_iter())),
        }
    }
}

/// Ranges between bounds, open at both ends.
fn between(bounds: impl Iterator<Item = KeyBound>) -> Vec<RowRange> {
    let mut after = None;
    let mut ranges = Vec::new();
    for bound in bounds {
        ranges.push(RowRange::Keys(KeyRange {
            after: after.replace(bound.clone()),
            up_to: Some(bound),
        }));
    }
    if after.is_none() {
        return vec![RowRange::Whole];
    }
    ranges.push(RowRange::Keys(KeyRange { after, up_to: None }));
    ranges
}

#[cfg(test)]
mod tests {
    use daybreak_model::RowRange;

    use super::page_ranges;

    #[test]
    fn page_ranges_meet_and_the_last_is_open() {
        for (pages, pieces) in [(10, 3), (7, 7), (1000, 16), (2, 9)] {
            let mut expected = 0;
            let ranges = page_ranges(pages, pieces);
            for (index, range) in ranges.iter().enumerate() {
                let RowRange::Pages { from, to } = range else {
                    panic!("{range:?}");
                };
                assert_eq!(*from, expected);
                assert_eq!(to.is_none(), index == ranges.len() - 1);
                expected = to.unwrap_or(pages);
            }
        }
        assert_eq!(page_ranges(0, 5), [RowRange::Whole]);
        assert_eq!(page_ranges(100, 1), [RowRange::Whole]);
    }
}
