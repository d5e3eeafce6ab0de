//! What exactly is not the same in a row, and the statement that makes it so.

use std::sync::Arc;

use daybreak_engine::{Compare, Database, EngineError, Hashing, RowRepair};
use daybreak_model::{KeyBound, RowHash, Table};
use serde::{Deserialize, Serialize};

use super::report::RowDifference;

/// A column whose values are not the same, as literals of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDifference {
    /// The column.
    pub column: String,
    /// The source's value.
    pub here: String,
    /// The other server's.
    pub there: String,
}

/// How often a row without a key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// On the source.
    pub here: u64,
    /// On the other server.
    pub there: u64,
}

/// A row that is not the same, looked at once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Its key, in words; all of its values where it has none.
    pub key: String,
    /// How it differs: `missing`, `extra` or `changed`; none when it was the same at this last look.
    pub kind: Option<String>,
    /// How often it is there, of a row without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// The columns that differ, of a row that both have.
    pub columns: Vec<ColumnDifference>,
    /// The statement that makes the row on the other server as the source has it.
    pub repair: Option<String>,
    /// Why there is no such statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_repair: Option<String>,
    /// The row as the check knows it: it is read again before it is repaired.
    #[serde(skip)]
    pub row: Option<RowDifference>,
}

/// Reads rows that were proven different on both sides, value by value.
///
/// # Errors
/// When a server cannot be read.
pub async fn explain(
    source: &Arc<dyn Database>,
    node: &Arc<dyn Database>,
    table: &Table,
    rows: &[RowDifference],
    hashing: Hashing,
) -> Result<Vec<Explained>, EngineError> {
    let (mut here, mut there) = tokio::try_join!(source.checker(), node.checker())?;
    here.hash_by(hashing);
    there.hash_by(hashing);
    let (mut keys, mut hashes) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            RowDifference::Missing(key) | RowDifference::Extra(key) | RowDifference::Changed(key) => {
                keys.push(key.clone());
            }
            RowDifference::Times { row, .. } => hashes.push(*row),
        }
    }
    let mut explained = by_key(here.as_mut(), there.as_mut(), table, &keys).await?;
    if !hashes.is_empty() {
        explained.extend(by_hash(here.as_mut(), there.as_mut(), table, &hashes).await?);
    }
    Ok(explained)
}

async fn by_key(
    on_source: &mut dyn Compare,
    on_node: &mut dyn Compare,
    table: &Table,
    keys: &[KeyBound],
) -> Result<Vec<Explained>, EngineError> {
    let (here, there) = tokio::try_join!(on_source.literals(table, keys), on_node.literals(table, keys))?;
    let names: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .map(|column| column.name.as_str())
        .collect();
    let explained = keys.iter().zip(here.into_iter().zip(there)).map(|(key, values)| {
        let (kind, columns, repair) = match &values {
            (None, None) => (None, Vec::new(), None),
            (Some(here), None) => (Some("missing"), Vec::new(), Some(RowRepair::Insert(here))),
            (None, Some(_)) => (Some("extra"), Vec::new(), Some(RowRepair::Delete)),
            (Some(here), Some(there)) => {
                let different: Vec<usize> = (0..names.len()).filter(|&at| here[at] != there[at]).collect();
                let columns = different.iter().map(|&at| ColumnDifference {
                    column: names[at].to_owned(),
                    here: here[at].clone(),
                    there: there[at].clone(),
                });
                if different.is_empty() {
                    (None, Vec::new(), None)
                } else {
                    (
                        Some("changed"),
                        columns.collect(),
                        Some(RowRepair::Update(here, different)),
                    )
                }
            }
        };
        Explained {
            key: key.to_string(),
            kind: kind.map(str::to_owned),
            times: None,
            columns,
            repair: repair.map(|repair| on_node.repair(table, key, &repair)),
            no_repair: None,
            row: Some(RowDifference::Changed(key.clone())),
        }
    });
    Ok(explained.collect())
}

async fn by_hash(
    on_source: &mut dyn Compare,
    on_node: &mut dyn Compare,
    table: &Table,
    hashes: &[RowHash],
) -> Result<Vec<Explained>, EngineError> {
    let (here, there) = tokio::try_join!(on_source.times(table, hashes), on_node.times(table, hashes))?;
    let (of_source, of_node) = tokio::try_join!(
        on_source.literals_by_hash(table, hashes),
        on_node.literals_by_hash(table, hashes)
    )?;
    let literals = of_source
        .into_iter()
        .zip(of_node)
        .map(|(one, other)| one.or(other));
    let times = here.into_iter().zip(there);
    let explained = literals
        .zip(hashes.iter().zip(times))
        .filter_map(|(literals, (row, (here, there)))| {
            // A row that has gone from both sides meanwhile is the same.
            let literals = literals?;
            let (repair, no_repair) = match here == there {
                true => (None, None),
                false => match on_node.repair_times(table, &literals, here, there) {
                    Ok(repair) => (Some(repair), None),
                    Err(why) => (None, Some(why)),
                },
            };
            let kind = match here.cmp(&there) {
                std::cmp::Ordering::Greater => Some("missing"),
                std::cmp::Ordering::Less => Some("extra"),
                std::cmp::Ordering::Equal => None,
            };
            Some(Explained {
                key: literals.join(", "),
                kind: kind.map(str::to_owned),
                times: Some(Times { here, there }),
                columns: Vec::new(),
                repair,
                no_repair,
                row: Some(RowDifference::Times {
                    row: *row,
                    here,
                    there,
                }),
            })
        });
    Ok(explained.collect())
}
