//! Tables taken apart, so that a difference between two can be named.

use std::collections::BTreeMap;

use daybreak_model::{ObjectKind, PartKind, TableName, TablePart};
use tokio_postgres::SimpleQueryRow;

use super::canonical;
use crate::EngineError;
use crate::postgres::connection::Connection;
use crate::postgres::quote;

/// Tables asked for in one question.
const AT_ONCE: usize = 500;

/// The parts of these tables.
pub(crate) async fn parts(
    connection: &Connection,
    tables: &[TableName],
) -> Result<Vec<TablePart>, EngineError> {
    let mut parts = Vec::new();
    for tables in tables.chunks(AT_ONCE) {
        let names: Vec<String> = tables
            .iter()
            .map(|table| {
                format!(
                    "({}, {})",
                    quote::literal(&table.schema),
                    quote::literal(&table.name)
                )
            })
            .collect();
        let ask = include_str!("../sql/schema/parts.sql").replace("{tables}", &names.join(", "));
        let rows = connection
            .simple(&ask, "failed to read the tables' columns")
            .await?;
        parts.extend(rows.iter().map(part));
    }
    Ok(parts)
}

fn part(row: &SimpleQueryRow) -> TablePart {
    let text = |column| row.get(column).unwrap_or_default();
    let kind = match text(2) {
        "column" => PartKind::Column,
        "check" => PartKind::Check,
        "partitions" => PartKind::Partitions,
        _ => PartKind::Options,
    };
    let name = text(3).to_owned();
    let mut facets = BTreeMap::new();
    let mut written = text(4).to_owned();
    if kind == PartKind::Column {
        for (facet, column) in [
            ("type", 4),
            ("collation", 5),
            ("default", 6),
            ("generated", 7),
            ("nullable", 8),
        ] {
            facets.extend(row.get(column).map(|value| (facet.to_owned(), value.to_owned())));
        }
        let mut words = vec![quote::identifier(&name), written];
        words.extend(row.get(5).map(|collation| format!("COLLATE {collation}")));
        words.extend(row.get(6).map(|default| format!("DEFAULT {default}")));
        words.extend(row.get(7).map(str::to_owned));
        if text(8) == "no" {
            words.push("NOT NULL".to_owned());
        }
        written = words.join(" ");
    }
    let definition = canonical::definition(ObjectKind::Table, &written);
    if kind == PartKind::Partitions {
        // Its rows are divided for good; only its place among others' can be changed.
        text(5).clone_into(&mut written);
    }
    TablePart {
        table: TableName::new(text(0), text(1)),
        kind,
        name,
        definition,
        text: written,
        facets,
    }
}
