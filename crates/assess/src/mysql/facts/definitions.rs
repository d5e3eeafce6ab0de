//! Definitions of the few tables of which the catalog does not say enough: full-text parsers and MariaDB's periods are
//! nowhere but in `SHOW CREATE TABLE`.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::Fact;
use super::asking::Asking;
use super::columns::Column;
use super::indexes::Index;
use crate::mysql::quote;

/// The statement that makes each.
pub(super) async fn definitions(
    asking: &Asking<'_>,
    columns: &Fact<Vec<Column>>,
    indexes: &Fact<Vec<Index>>,
) -> Result<Fact<Vec<(TableName, String)>>, EngineError> {
    let (columns, indexes) = match (columns.known(), indexes.known()) {
        (Ok(columns), Ok(indexes)) => (columns, indexes),
        (Err(unknown), _) | (_, Err(unknown)) => return Ok(Fact::unknown(unknown)),
    };
    let parsed = indexes
        .iter()
        .filter(|index| index.kind == "FULLTEXT")
        .map(|index| &index.table);
    let mut wanted: BTreeSet<&TableName> = parsed.collect();
    if asking.maria_db_from(10, 4) {
        wanted.extend(with_two_dates(columns));
    }
    let mut all = Vec::new();
    for table in wanted {
        let question = format!("SHOW CREATE TABLE {}", quote::object(&table.schema, &table.name));
        let read = |mut row: super::Answer| {
            row.skip(1);
            row.text()
        };
        let text = asking
            .list(
                &format!("the definition of {table}"),
                &["SELECT"],
                &question,
                read,
            )
            .await?;
        match text.known() {
            Ok(text) => all.extend(text.iter().map(|text| (table.clone(), text.clone()))),
            Err(unknown) => return Ok(Fact::unknown(unknown)),
        }
    }
    Ok(Fact::new(all))
}

/// A period is between two columns of one type, neither of which may be NULL.
fn with_two_dates(columns: &[Column]) -> BTreeSet<&TableName> {
    let mut counts: BTreeMap<(&TableName, &str), usize> = BTreeMap::new();
    for column in columns
        .iter()
        .filter(|column| column.is_temporal() && !column.nullable)
    {
        *counts.entry((&column.table, &column.full)).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|((table, _), _)| table)
        .collect()
}
