//! Purposes as a file that people edit: TOML, a list of tables for each purpose.

use std::collections::BTreeMap;
use std::path::Path;

use daybreak_model::TableName;
use daybreak_work::{Purpose, SplitGraph};
use serde::Serialize;

use crate::config::{PURPOSES_HINT, purposes_of};
use crate::exit::Trouble;

#[derive(Serialize)]
struct File {
    purposes: BTreeMap<String, Vec<String>>,
}

/// Writes purposes to a file that is not there yet.
pub(super) fn write(path: &Path, purposes: &[Purpose]) -> Result<(), Trouble> {
    use std::io::Write as _;
    let tables = |purpose: &Purpose| purpose.tables.iter().map(TableName::to_string).collect();
    let file = File {
        purposes: purposes
            .iter()
            .map(|purpose| (purpose.name.clone(), tables(purpose)))
            .collect(),
    };
    let text = toml::to_string_pretty(&file)?;
    // What somebody has edited is not written over.
    let new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    let written = new.and_then(|mut new| new.write_all(text.as_bytes()));
    written.map_err(|error| {
        let error = anyhow::anyhow!("failed to write {}: {error}", path.display());
        Trouble::usage(error, Some("name a file that is not there yet".to_owned()))
    })
}

/// Reads the purposes of a file.
pub(super) fn alone(path: &Path) -> Result<Vec<Purpose>, Trouble> {
    let purposes = purposes_of(path)
        .map_err(|error| Trouble::usage(anyhow::anyhow!(error), Some(PURPOSES_HINT.to_owned())))?;
    let purpose = |(name, tables)| Purpose { name, tables };
    Ok(purposes.into_iter().map(purpose).collect())
}

/// The same, with every table of the server in one of them, and no other.
pub(super) fn read(path: &Path, graph: &SplitGraph) -> Result<Vec<Purpose>, Trouble> {
    let purposes = alone(path)?;
    let wrong = |what: String, hint: &str| {
        Trouble::usage(
            anyhow::anyhow!("{}: {what}", path.display()),
            Some(hint.to_owned()),
        )
    };
    let has = |table: &TableName| purposes.iter().any(|purpose| purpose.tables.contains(table));
    let here = |table: &TableName| graph.tables.iter().any(|(own, _)| own == table);
    if let Some((table, _)) = graph.tables.iter().find(|(table, _)| !has(table)) {
        return Err(wrong(
            format!("{table} has no purpose"),
            "give every table of the server a purpose",
        ));
    }
    if let Some(table) = purposes
        .iter()
        .flat_map(|purpose| &purpose.tables)
        .find(|table| !here(table))
    {
        return Err(wrong(
            format!("the server has no table {table}"),
            "write names as the server has them",
        ));
    }
    Ok(purposes)
}
