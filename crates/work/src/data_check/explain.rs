//! What exactly is not the same in a row, and the statement that makes it so.

use std::sync::Arc;

use daybreak_engine::{Database, EngineError, RowRepair, Statement};
use daybreak_model::{KeyBound, Table};
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

/// A row that is not the same, looked at once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Its key, in words.
    pub key: String,
    /// How it differs; none when it was the same at this last look.
    pub kind: Option<String>,
    /// The columns that differ, of a row that both have.
    pub columns: Vec<ColumnDifference>,
    /// The statement that makes the row on the other server as the source has it.
    pub repair: Option<String>,
}

impl RowDifference {
    /// The row's key.
    #[must_use]
    pub const fn key(&self) -> &KeyBound {
        match self {
            Self::Missing(key) | Self::Extra(key) | Self::Changed(key) => key,
        }
    }

    /// How it differs, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Extra(_) => "extra",
            Self::Changed(_) => "changed",
        }
    }
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
) -> Result<Vec<Explained>, EngineError> {
    let keys: Vec<KeyBound> = rows.iter().map(|row| row.key().clone()).collect();
    let (mut on_source, mut on_node) = tokio::try_join!(source.checker(), node.checker())?;
    let (here, there) = tokio::try_join!(on_source.literals(table, &keys), on_node.literals(table, &keys))?;
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
            columns,
            repair: repair.map(|repair| on_node.repair(table, key, &repair)),
        }
    });
    Ok(explained.collect())
}

/// Runs repairs on a server: all or none. On a replica they stay out of its binary log.
///
/// # Errors
/// When one is refused.
pub async fn repair(
    node: &Arc<dyn Database>,
    follower: bool,
    table: &Table,
    rows: &[Explained],
) -> Result<(), EngineError> {
    let frame = node.repair_frame(follower).await?;
    let statement = |what: &str, text: &str| Statement {
        what: format!("{what} rows of {}", table.name),
        text: text.to_owned(),
    };
    let repairs = rows.iter().filter_map(|row| row.repair.as_deref());
    let preamble = node.repair_preamble();
    let all: Vec<Statement> = preamble
        .iter()
        .chain(&frame.before)
        .map(|text| statement("prepare to repair", text))
        .chain([statement("begin to repair", "BEGIN")])
        .chain(repairs.map(|text| statement("repair", text)))
        .chain([statement("commit repaired", "COMMIT")])
        .collect();
    let repaired = node.run(&all).await;
    let after: Vec<Statement> = frame
        .after
        .iter()
        .map(|text| statement("end the repair of", text))
        .collect();
    node.run(&after).await?;
    repaired
}
