use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use daybreak_engine::{Compare, EngineError};
use daybreak_model::{ChunkDigest, KeyBound, KeyRange, RowHash, RowRange, Table};

use super::compare::{Look, look, name, suspects};
use super::report::{RowDifference, TableReport};
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

/// What rows are known by, and what is compared of them.
trait Known {
    type Key: Clone + Eq + Hash + Send + Sync;
    type Value: Copy + PartialEq + Send + Sync;
    /// Asked for in one statement, at most.
    const AT_ONCE: usize;

    fn ask(
        on: &mut dyn Compare,
        table: &Table,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<Vec<Self::Value>, EngineError>> + Send;
}

/// Rows with a key: the hash of each that is there.
struct ByKey;

impl Known for ByKey {
    type Key = KeyBound;
    type Value = Option<RowHash>;
    const AT_ONCE: usize = 500;

    async fn ask(
        on: &mut dyn Compare,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<RowHash>>, EngineError> {
        on.rows_by_key(table, keys).await
    }
}

/// Rows without a key, some together: the digest of a part of so many.
struct ByPart;

impl Known for ByPart {
    type Key = (u32, u32);
    type Value = ChunkDigest;
    // One look at the whole table tells of all.
    const AT_ONCE: usize = usize::MAX;

    async fn ask(
        on: &mut dyn Compare,
        table: &Table,
        parts: &[(u32, u32)],
    ) -> Result<Vec<ChunkDigest>, EngineError> {
        let Some((of, _)) = parts.first() else {
            return Ok(Vec::new());
        };
        let digests = on.parts(table, *of).await?;
        Ok(parts.iter().map(|(_, part)| digests[*part as usize]).collect())
    }
}

/// Rows without a key: how often each is there.
struct ByHash;

impl Known for ByHash {
    type Key = RowHash;
    type Value = u64;
    const AT_ONCE: usize = 500;

    async fn ask(on: &mut dyn Compare, table: &Table, hashes: &[RowHash]) -> Result<Vec<u64>, EngineError> {
        on.times(table, hashes).await
    }
}

/// What came of looking at suspects: what is proven different, with what stood on both sides, and what kept moving.
struct Proven<K: Known> {
    different: Vec<(K::Key, K::Value, K::Value)>,
    moving: Vec<K::Key>,
}

/// Looks at suspects again and again until each is proven the same or different, or is still moving after the last look.
async fn prove<K: Known>(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    mut suspects: Vec<K::Key>,
) -> Result<Proven<K>, EngineError> {
    let mut different = Vec::new();
    let mut seen: HashMap<K::Key, Seen<K::Value>> = HashMap::new();
    for _ in 0..lead.settings.looks.max(PROOF) {
        let mut moving = Vec::new();
        for batch in suspects.chunks(K::AT_ONCE) {
            let before = K::ask(lead.on.as_mut(), table, batch).await?;
            follower.catch_up(&lead.server, lead.settings.patience).await?;
            let there = K::ask(follower.on.as_mut(), table, batch).await?;
            let after = K::ask(lead.on.as_mut(), table, batch).await?;
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
                        } else {
                            different.push((key.clone(), before[index], there[index]));
                        }
                    }
                }
            }
        }
        suspects = moving;
        if suspects.is_empty() {
            break;
        }
    }
    Ok(Proven {
        different,
        moving: suspects,
    })
}

/// Settles rows of a table with a key. Returns those that were not found the same.
pub(super) async fn rows(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    keys: Vec<KeyBound>,
    outcome: &mut TableReport,
) -> Result<Vec<KeyBound>, EngineError> {
    let Proven { different, moving } = prove::<ByKey>(lead, follower, table, keys).await?;
    let (named, count) = (lead.settings.rows_named, different.len() as u64);
    let open = different.iter().map(|(key, _, _)| key).chain(&moving);
    let open = open.cloned().collect();
    if count > 0 {
        let rows = different.into_iter().take(named);
        let rows = rows.map(|(key, here, there)| name(key, here, there)).collect();
        outcome.differ(rows, count, named);
    }
    if let Some(key) = moving.first() {
        outcome.doubt(format!(
            "{} row(s) changed at every one of {} looks, the first with key ({key})",
            moving.len(),
            lead.settings.looks
        ));
    }
    Ok(open)
}

/// Settles a table whose rows have no key: deals them into parts by their hashes, and looks in the parts that are not the same
/// for rows that do not stand there equally often; in parts that keep changing, too, as far as those are few. Each look reads the
/// whole table, so it ends when as many rows are known as are to be named; what differs beyond is not counted.
pub(super) async fn by_hash(
    lead: &mut Lead,
    follower: &mut Follower,
    table: &Table,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    /// Rows of a part, about: their hashes are listed at once.
    const ROWS_IN_A_PART: u64 = 10_000;
    const MOST_PARTS: u64 = 4096;
    /// Parts that keep changing whose rows are looked at.
    const MOST_MOVING: usize = 8;
    let parts = (outcome.rows / ROWS_IN_A_PART).clamp(1, MOST_PARTS);
    let parts = u32::try_from(parts).unwrap_or(1).next_power_of_two();
    let all = (0..parts).map(|part| (parts, part)).collect();
    let Proven { different, moving } = prove::<ByPart>(lead, follower, table, all).await?;
    let named = lead.settings.rows_named.max(1) as u64;
    let (mut known, mut unsettled) = (0, moving.len().saturating_sub(MOST_MOVING));
    let suspects = different.into_iter().map(|(part, _, _)| part);
    for (parts, part) in suspects.chain(moving.into_iter().take(MOST_MOVING)) {
        let (here, there) = tokio::try_join!(
            lead.on.tally(table, parts, part),
            follower.on.tally(table, parts, part)
        )?;
        let hashes: BTreeSet<RowHash> = here.keys().chain(there.keys()).copied().collect();
        let suspects = hashes
            .into_iter()
            .filter(|hash| here.get(hash) != there.get(hash));
        let suspects: Vec<RowHash> = suspects.collect();
        for some in suspects.chunks(ByHash::AT_ONCE) {
            let proven = prove::<ByHash>(lead, follower, table, some.to_vec()).await?;
            unsettled += proven.moving.len();
            known += proven.different.len() as u64;
            let count: u64 = proven
                .different
                .iter()
                .map(|(_, here, there)| here.abs_diff(*there))
                .sum();
            let rows = proven
                .different
                .into_iter()
                .map(|(row, here, there)| RowDifference::Times { row, here, there });
            let rows: Vec<RowDifference> = rows.collect();
            if count > 0 {
                outcome.differ(rows, count, lead.settings.rows_named);
            }
            if known >= named {
                return Ok(());
            }
        }
    }
    if unsettled > 0 {
        outcome.doubt(format!(
            "{unsettled} row(s) or part(s) of the table, which has no key, changed at every one of {} looks",
            lead.settings.looks
        ));
    }
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
