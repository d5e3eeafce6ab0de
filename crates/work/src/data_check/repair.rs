//! Repairs of rows, each decided anew by what both servers hold at that moment.

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Compare, Database, EngineError, Hashing, RowRepair, Statement};
use daybreak_model::{KeyBound, RowHash, Table};

use super::explain::Explained;
use super::report::RowDifference;
use super::sides::{Compared, Follower};

/// How rows are repaired.
#[derive(Debug, Clone, Copy)]
pub struct RepairSettings {
    /// Whether repairs stay out of the server's binary log.
    pub unlogged: bool,
    /// What the hash of a row is made of.
    pub hashing: Hashing,
    /// How long the server may take to reach what the source holds.
    pub patience: Duration,
}

/// Repairs rows on a server, all or none, and says how many. Each is read again on both sides before: one that is the same by now, or
/// moves, is left alone, and so is one that changes between this look and its repair.
///
/// # Errors
/// When triggers would run along, or a repair is refused.
pub async fn repair(
    source: &Arc<dyn Database>,
    node: &Compared,
    table: &Table,
    rows: &[Explained],
    settings: RepairSettings,
) -> Result<usize, EngineError> {
    let on = &node.server;
    let frame = on.row_repair_frame(settings.unlogged, &table.name).await?;
    let mut here = source.checker().await?;
    here.hash_by(settings.hashing);
    let mut there = Follower::open(node, settings.hashing).await?;
    let (mut keys, mut hashes) = (Vec::new(), Vec::new());
    for row in rows.iter().filter_map(|row| row.row.as_ref()) {
        match row {
            RowDifference::Times { row, .. } => hashes.push(*row),
            keyed => keys.extend(keyed.key().cloned()),
        }
    }
    let before = here.rows_by_key(table, &keys).await?;
    let wanted = here.literals(table, &keys).await?;
    let times = match hashes.is_empty() {
        true => Vec::new(),
        false => here.times(table, &hashes).await?,
    };
    there.catch_up(source, settings.patience).await?;
    let mut repairs = by_key(there.on.as_mut(), table, &keys, &before, &wanted).await?;
    let after = here.rows_by_key(table, &keys).await?;
    let moves = |at: &usize| before[*at] != after[*at] || before[*at].is_some() != wanted[*at].is_some();
    repairs.retain(|(at, _)| !moves(at));
    let mut repairs: Vec<String> = repairs.into_iter().map(|(_, repair)| repair).collect();
    if !hashes.is_empty() {
        repairs.extend(by_hash(here.as_mut(), there.on.as_mut(), table, &hashes, &times).await?);
    }
    if repairs.is_empty() {
        return Ok(0);
    }
    let statement = |what: &str, text: &str| Statement {
        what: format!("{what} rows of {}", table.name),
        text: text.to_owned(),
    };
    let preamble = on.repair_preamble();
    let all: Vec<Statement> = preamble
        .iter()
        .chain(&frame.before)
        .map(|text| statement("prepare to repair", text))
        .chain([statement("begin to repair", "BEGIN")])
        .chain(repairs.iter().map(|text| statement("repair", text)))
        .chain([statement("commit repaired", "COMMIT")])
        .collect();
    let repaired = on.run(&all).await;
    let after: Vec<Statement> = frame
        .after
        .iter()
        .map(|text| statement("end the repair of", text))
        .collect();
    on.run(&after).await?;
    repaired.map(|()| repairs.len())
}

/// What repairs the rows that still differ, with their places among the keys. `wanted` is what the source held before the server
/// reached that moment.
async fn by_key(
    on_node: &mut dyn Compare,
    table: &Table,
    keys: &[KeyBound],
    hashes: &[Option<RowHash>],
    wanted: &[Option<Vec<String>>],
) -> Result<Vec<(usize, String)>, EngineError> {
    let found = on_node.rows_by_key(table, keys).await?;
    let values = on_node.literals(table, keys).await?;
    let mut repairs = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if hashes[at] == found[at] {
            continue;
        }
        let repair = match (&wanted[at], &values[at]) {
            (None, None) => continue,
            (Some(here), None) => RowRepair::Insert(here),
            (None, Some(_)) => RowRepair::Delete,
            (Some(here), Some(there)) => {
                let different: Vec<usize> = (0..here.len()).filter(|&at| here[at] != there[at]).collect();
                if different.is_empty() {
                    continue;
                }
                RowRepair::Update(here, different)
            }
        };
        let mut statement = on_node.repair(table, key, &repair);
        match (&repair, found[at]) {
            // A row that came meanwhile refuses it by its key.
            (RowRepair::Insert(_), _) => {}
            (_, Some(hash)) => {
                statement.push_str(" AND ");
                statement.push_str(&on_node.unchanged(table, hash).await?);
            }
            // It came between two questions.
            (_, None) => continue,
        }
        repairs.push((at, statement));
    }
    Ok(repairs)
}

/// The same for rows without a key, of which `times` many stood on the source before.
async fn by_hash(
    on_source: &mut dyn Compare,
    on_node: &mut dyn Compare,
    table: &Table,
    hashes: &[RowHash],
    times: &[u64],
) -> Result<Vec<String>, EngineError> {
    let there = on_node.times(table, hashes).await?;
    let (of_source, of_node) = (
        on_source.literals_by_hash(table, hashes).await?,
        on_node.literals_by_hash(table, hashes).await?,
    );
    let again = on_source.times(table, hashes).await?;
    let mut repairs = Vec::new();
    for (at, literals) in of_source
        .into_iter()
        .zip(of_node)
        .map(|(one, other)| one.or(other))
        .enumerate()
    {
        let stands = times[at] == again[at] && times[at] != there[at];
        if let Some(literals) = literals.filter(|_| stands)
            && let Ok(repair) = on_node.repair_times(table, &literals, times[at], there[at])
        {
            repairs.push(repair);
        }
    }
    Ok(repairs)
}
