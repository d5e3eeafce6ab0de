use std::collections::HashMap;

use daybreak_engine::EngineError;
use daybreak_model::{KeyBound, KeyRange, RowRange, Table};

use super::compare::{Look, look, name, suspects};
use super::report::TableReport;
use super::sides::{Follower, Lead};

/// Rows listed at once; a range with more is cut in two first. Bounds memory.
const ROWS_AT_ONCE: u64 = 20_000;

/// Settles a differing range of a table with a key: lists the rows of both sides, part by part, and looks at each suspect until
/// it is proven the same or different.
pub(super) async fn by_rows(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut ranges = vec![match range {
        RowRange::Keys(keys) => keys.clone(),
        RowRange::Whole | RowRange::Pages { .. } => KeyRange::default(),
    }];
    while let Some(keys_left) = ranges.pop() {
        let part = RowRange::Keys(keys_left.clone());
        let (here, there) = tokio::try_join!(
            lead.on.rows(table, &part, ROWS_AT_ONCE),
            follower.on.rows(table, &part, ROWS_AT_ONCE)
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
        let Some(cut_at) = cut_at.filter(|at| keys_left.up_to.as_ref() != Some(at)) else {
            rows(lead, follower, table, suspects(&here, &there), outcome).await?;
            continue;
        };
        let first = KeyRange {
            after: keys_left.after.clone(),
            up_to: Some(cut_at.clone()),
        };
        let whole_first = RowRange::Keys(first);
        let (here, there) = tokio::try_join!(
            lead.on.rows(table, &whole_first, ROWS_AT_ONCE * 2),
            follower.on.rows(table, &whole_first, ROWS_AT_ONCE * 2)
        )?;
        rows(lead, follower, table, suspects(&here, &there), outcome).await?;
        ranges.push(KeyRange {
            after: Some(cut_at),
            up_to: keys_left.up_to,
        });
    }
    Ok(())
}

/// How often in a row a difference has to be seen, with the same values each time. Once proves nothing: between two looks a
/// row can take another value and come back to the first, as a balance does, while the target stands in between.
const PROOF: u32 = 3;

/// A difference that was seen, waiting for its proof.
struct Seen<T> {
    here: T,
    there: T,
    times: u32,
}

impl<T: PartialEq> Seen<T> {
    /// Seen now, after what was seen at the look before.
    fn after(former: Option<Self>, here: T, there: T) -> Self {
        let times = match former {
            Some(former) if former.here == here && former.there == there => former.times + 1,
            _ => 1,
        };
        Self { here, there, times }
    }
}

/// Looks at rows again and again until each is proven the same or different, or is still moving after the last look.
pub(super) async fn rows(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    mut keys: Vec<KeyBound>,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    const KEYS_AT_ONCE: usize = 500;
    let mut different = Vec::new();
    let mut count = 0;
    let mut seen: HashMap<KeyBound, Seen<Option<u64>>> = HashMap::new();
    for _ in 0..lead.settings.looks.max(PROOF) {
        if keys.is_empty() {
            break;
        }
        let mut moving = Vec::new();
        for batch in keys.chunks(KEYS_AT_ONCE) {
            let before = lead.on.rows_by_key(table, batch).await?;
            follower.catch_up(&lead.server, lead.settings.patience).await?;
            let there = follower.on.rows_by_key(table, batch).await?;
            let after = lead.on.rows_by_key(table, batch).await?;
            for (index, key) in batch.iter().enumerate() {
                match look(before[index], there[index], after[index]) {
                    Look::Same => {}
                    Look::Moving => {
                        seen.remove(key);
                        moving.push(key.clone());
                    }
                    Look::Different => {
                        let now = Seen::after(seen.remove(key), before[index], there[index]);
                        if now.times < PROOF {
                            seen.insert(key.clone(), now);
                            moving.push(key.clone());
                            continue;
                        }
                        count += 1;
                        if different.len() < lead.settings.rows_named {
                            different.push(name(key.clone(), before[index], there[index]));
                        }
                    }
                }
            }
        }
        keys = moving;
    }
    if count > 0 {
        outcome.differ(different, count, lead.settings.rows_named);
    }
    if let Some(key) = keys.first() {
        outcome.doubt(format!(
            "{} row(s) changed at every one of {} looks, the first with key ({key})",
            keys.len(),
            lead.settings.looks
        ));
    }
    Ok(())
}

/// Settles a differing range whose rows cannot be told apart: the whole of it is looked at again.
pub(super) async fn whole(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut seen = None;
    for _ in 0..lead.settings.looks.max(PROOF) {
        let before = lead.on.chunk(table, range).await?;
        follower.catch_up(&lead.server, lead.settings.patience).await?;
        let there = follower.on.chunk(table, range).await?;
        let after = lead.on.chunk(table, range).await?;
        if there == before || there == after {
            return Ok(());
        }
        if before != after {
            seen = None;
            continue;
        }
        let now = Seen::after(seen.take(), before, there);
        if now.times < PROOF {
            seen = Some(now);
        } else {
            outcome.differ(
                Vec::new(),
                before.rows.abs_diff(there.rows).max(1),
                lead.settings.rows_named,
            );
            return Ok(());
        }
    }
    outcome.doubt(format!(
        "the table has no key and changed at every one of {} looks",
        lead.settings.looks
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PROOF, Seen};

    #[test]
    fn a_value_that_comes_back_proves_nothing() {
        let mut seen = Some(Seen::after(None, 100, 95));
        for there in [97, 95, 97] {
            let now = Seen::after(seen.take(), 100, there);
            assert_eq!(now.times, 1, "the target's row has moved between the looks");
            seen = Some(now);
        }
        for times in 2..=PROOF {
            let now = Seen::after(seen.take(), 100, 97);
            assert_eq!(now.times, times);
            seen = Some(now);
        }
    }
}
