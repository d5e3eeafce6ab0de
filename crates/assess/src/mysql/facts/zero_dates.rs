//! Zero dates in rows, where an index finds one without reading the table.

use std::collections::BTreeSet;

use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::Fact;
use super::asking::{Answer, Asking};
use super::columns::Column;
use super::indexes::Index;
use super::tables::Table;
use crate::mysql::quote;

/// Columns in one question.
const AT_ONCE: usize = 50;

/// Columns that hold a zero date in some row, of those that an index begins with. Nothing is asked of servers that are past
/// the version that minds.
pub(super) async fn zero_dates(
    asking: &Asking<'_>,
    tables: &Fact<Vec<Table>>,
    columns: &Fact<Vec<Column>>,
    indexes: &Fact<Vec<Index>>,
) -> Result<Fact<Vec<(TableName, String)>>, EngineError> {
    if asking.mysql_from(8, 0) {
        return Ok(Fact::new(Vec::new()));
    }
    let (tables, columns, indexes) = match (tables.known(), columns.known(), indexes.known()) {
        (Ok(tables), Ok(columns), Ok(indexes)) => (tables, columns, indexes),
        (Err(unknown), ..) | (_, Err(unknown), _) | (.., Err(unknown)) => return Ok(Fact::unknown(unknown)),
    };
    let mut all = Vec::new();
    for some in indexed(tables, columns, indexes).chunks(AT_ONCE) {
        let questions: Vec<String> = some.iter().map(|column| question(column)).collect();
        let read = |mut row: Answer| (TableName::new(row.text(), row.text()), row.text());
        let found = asking
            .list("zero dates", &["SELECT"], &questions.join(" UNION ALL "), read)
            .await?;
        match found.take() {
            Ok(found) => all.extend(found),
            Err(unknown) => return Ok(Fact::unknown(unknown)),
        }
    }
    Ok(Fact::new(all))
}

/// Columns with dates of InnoDB tables that an index begins with, whole.
fn indexed<'a>(tables: &[Table], columns: &'a [Column], indexes: &[Index]) -> Vec<&'a Column> {
    let innodb = tables
        .iter()
        .filter(|table| table.is_base() && table.engine == "InnoDB");
    let innodb: BTreeSet<&TableName> = innodb.map(|table| &table.name).collect();
    let begins = indexes
        .iter()
        .filter(|index| index.kind == "BTREE")
        .filter_map(|index| {
            let first = index.parts.first().filter(|part| part.prefix.is_none())?;
            Some((&index.table, first.column.as_deref()?))
        });
    let begins: BTreeSet<(&TableName, &str)> = begins.collect();
    let wanted = |column: &&Column| {
        column.is_temporal()
            && innodb.contains(&column.table)
            && begins.contains(&(&column.table, &column.name))
    };
    columns.iter().filter(wanted).collect()
}

/// Answers with one row where there is such a row.
fn question(column: &Column) -> String {
    let (table, name) = (&column.table, &column.name);
    format!(
        "(SELECT {}, {}, {} FROM {} WHERE {} = '0000-00-00' LIMIT 1)",
        quote::text(&table.schema),
        quote::text(&table.name),
        quote::text(name),
        quote::object(&table.schema, &table.name),
        quote::name(name)
    )
}
