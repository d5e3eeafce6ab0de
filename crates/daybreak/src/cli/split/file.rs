//! Purposes as a file that people edit: TOML, a list of tables for each purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daybreak_model::TableName;
use daybreak_work::{Purpose, SplitGraph};
use serde::{Deserialize, Serialize};

use crate::config::table_name;
use crate::exit::Trouble;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    purposes: BTreeMap<String, Vec<String>>,
}

const HINT: &str = "`daybreak split --write FILE` writes one: [purposes], then name = [\"schema.table\", …]";

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
    let wrong = |what: String| {
        Trouble::usage(
            anyhow::anyhow!("{}: {what}", path.display()),
            Some(HINT.to_owned()),
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut purposes = Vec::with_capacity(file.purposes.len());
    for (name, tables) in file.purposes {
        let mut own = Vec::with_capacity(tables.len());
        for table in tables {
            let table =
                table_name(&table).map_err(|message| wrong(format!("a table of `{name}` {message}")))?;
            if !seen.insert(table.clone()) {
                return Err(wrong(format!("{table} is there twice")));
            }
            own.push(table);
        }
        purposes.push(Purpose { name, tables: own });
    }
    Ok(purposes)
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
