use daybreak_engine::EngineError;
use daybreak_model::{KeyBound, KeyRange, RowRange, Table};

use super::Sides;
use super::compare::{Look, Sightings, enough, look, name, suspects};
use super::report::TableReport;

/// Rows listed at once; a range with more is cut in two first. Bounds memory.
const ROWS_AT_ONCE: u64 = 20_000;

/// Settles a differing range of a table with a key: lists the rows of both sides and looks at each suspect until it is
/// proven the same or different.
pub(super) async fn by_rows(
    sides: &mut Sides,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut ranges = vec![match range {
        RowRange::Keys(keys) => keys.clone(),
        RowRange::Whole | RowRange::Pages { .. } => KeyRange::default(),
    }];
    let mut keys = Vec::new();
    while let Some(keys_left) = ranges.pop() {
        let part = RowRange::Keys(keys_left.clone());
        let (here, there) = tokio::try_join!(
            sides.on_source.rows(table, &part, ROWS_AT_ONCE),
            sides.on_target.rows(table, &part, ROWS_AT_ONCE)
        )?;
        // A list that was cut off covers its keys only up to the earlier of the two last keys. The source's own order
        // decides; the rest is listed from there on.
        let full = |rows: usize| rows as u64 >= ROWS_AT_ONCE;
        let cut_at: Option<KeyBound> = if full(here.len()) {
            here.last().map(|row| row.key.clone())
        } else if full(there.len()) {
            there.last().map(|row| row.key.clone())
        } else {
            None
        };
        let Some(cut_at) = cut_at else {
            keys.extend(suspects(&here, &there));
            continue;
        };
        if keys_left.up_to.as_ref() == Some(&cut_at) {
            keys.extend(suspects(&here, &there));
            continue;
        }
        let first = KeyRange {
            after: keys_left.after.clone(),
            up_to: Some(cut_at.clone()),
        };
        let whole_first = RowRange::Keys(first);
        let (here, there) = tokio::try_join!(
            sides.on_source.rows(table, &whole_first, ROWS_AT_ONCE * 2),
            sides.on_target.rows(table, &whole_first, ROWS_AT_ONCE * 2)
        )?;
        keys.extend(suspects(&here, &there));
        ranges.push(KeyRange {
            after: Some(cut_at),
            up_to: keys_left.up_to,
        });
    }
    rows(sides, table, keys, outcome).await
}

/// Looks at rows again and again until each is proven the same or different, or is still moving after the last look.
pub(super) async fn rows(
    sides: &mut Sides,
    table: &Table,
    mut keys: Vec<KeyBound>,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    const KEYS_AT_ONCE: usize = 500;
    let mut different = Vec::new();
    let mut count = 0;
    let mut sightings = Sightings::default();
    for _ in 0..sides.settings.looks {
        if keys.is_empty() {
            break;
        }
        let mut moving = Vec::new();
        for batch in keys.chunks(KEYS_AT_ONCE) {
            let before = sides.on_source.rows_by_key(table, batch).await?;
            sides.catch_up().await?;
            let there = sides.on_target.rows_by_key(table, batch).await?;
            let after = sides.on_source.rows_by_key(table, batch).await?;
            for (index, key) in batch.iter().enumerate() {
                match look(before[index], there[index], after[index]) {
                    Look::Same => {}
                    Look::Moving => {
                        sightings.forget(key);
                        moving.push(key.clone());
                    }
                    Look::Different
                        if !sightings.prove(key, (before[index], there[index]), sides.settings.looks) =>
                    {
                        moving.push(key.clone());
                    }
                    Look::Different => {
                        count += 1;
                        if different.len() < sides.settings.rows_named {
                            different.push(name(key.clone(), before[index], there[index]));
                        }
                    }
                }
            }
        }
        keys = moving;
    }
    if count > 0 {
        outcome.differ(different, count, sides.settings.rows_named);
    }
    if let Some(key) = keys.first() {
        outcome.doubt(format!(
            "{} row(s) changed at every one of {} looks, the first with key ({key})",
            keys.len(),
            sides.settings.looks
        ));
    }
    Ok(())
}

/// Settles a differing range whose rows cannot be told apart: the whole of it is looked at again.
pub(super) async fn whole(
    sides: &mut Sides,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let (mut seen, mut times) = (None, 0);
    for _ in 0..sides.settings.looks {
        let before = sides.on_source.chunk(table, range).await?;
        sides.catch_up().await?;
        let there = sides.on_target.chunk(table, range).await?;
        let after = sides.on_source.chunk(table, range).await?;
        if there == before || there == after {
            return Ok(());
        }
        if before != after {
            (seen, times) = (None, 0);
            continue;
        }
        let now = Some((before, there));
        times = if seen == now { times + 1 } else { 1 };
        seen = now;
        if enough(times, sides.settings.looks) {
            outcome.differ(
                Vec::new(),
                before.rows.abs_diff(there.rows).max(1),
                sides.settings.rows_named,
            );
            return Ok(());
        }
    }
    outcome.doubt(format!(
        "the table has no key and changed at every one of {} looks",
        sides.settings.looks
    ));
    Ok(())
}
