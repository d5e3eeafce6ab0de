use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::{Answer, Asking};
use super::tables::Table;
use super::{Fact, OURS, innodb};
use crate::mysql::quote;

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) table: TableName,
    pub(crate) name: String,
    pub(crate) parent: TableName,
    pub(crate) columns: Vec<String>,
    pub(crate) parent_columns: Vec<String>,
}

impl ForeignKey {
    /// Its full name, for a reader.
    pub(crate) fn object(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// A partition.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// `RANGE COLUMNS`, `KEY`, …
    pub(crate) method: String,
    pub(crate) expression: String,
    pub(crate) description: String,
}

/// Foreign keys of the applications' tables. Before 8.0 and on MariaDB they are read from InnoDB's own dictionary: to list
/// them in `information_schema` such a server opens every table.
pub(super) async fn foreign_keys(asking: &Asking<'_>) -> Result<Fact<Vec<ForeignKey>>, EngineError> {
    let parts = if asking.mysql_from(8, 0) {
        let question = include_str!("keys.sql").replace("{ours}", OURS);
        let read = |mut row: Answer| ForeignKey {
            table: TableName::new(row.text(), row.text()),
            name: row.text(),
            columns: vec![row.text()],
            parent: TableName::new(row.text(), row.text()),
            parent_columns: vec![row.text()],
        };
        asking
            .list("the foreign keys", &["SELECT"], &question, read)
            .await?
    } else {
        let rows = asking
            .list(
                "InnoDB's foreign keys",
                &["PROCESS"],
                include_str!("keys_innodb.sql"),
                stored,
            )
            .await?;
        rows.map(|rows| rows.into_iter().flatten().collect())
    };
    Ok(parts.map(joined))
}

/// A column of a key as InnoDB keeps it: `shop/orders_ibfk_1`, `shop/orders`, `shop/customers`.
fn stored(mut row: Answer) -> Option<ForeignKey> {
    let (id, table, parent) = (row.text(), innodb::table(&row.text()), innodb::table(&row.text()));
    Some(ForeignKey {
        table: table?,
        name: id
            .split_once('/')
            .map_or_else(|| id.clone(), |(_, name)| name.to_owned()),
        columns: vec![row.text()],
        parent: parent?,
        parent_columns: vec![row.text()],
    })
}

/// Rows of one column each, in order, as keys.
fn joined(rows: Vec<ForeignKey>) -> Vec<ForeignKey> {
    let mut keys: Vec<ForeignKey> = Vec::new();
    for row in rows {
        match keys.last_mut() {
            Some(last) if last.table == row.table && last.name == row.name => {
                last.columns.extend(row.columns);
                last.parent_columns.extend(row.parent_columns);
            }
            _ => keys.push(row),
        }
    }
    keys
}

/// Partitions of the applications' tables. Before 8.0 and on MariaDB only those that have some are asked about, for such a
/// server opens every table that the question does not leave out by name.
pub(super) async fn partitions(
    asking: &Asking<'_>,
    tables: &Fact<Vec<Table>>,
) -> Result<Fact<Vec<Partition>>, EngineError> {
    let read = |mut row: Answer| Partition {
        table: TableName::new(row.text(), row.text()),
        name: row.text(),
        method: row.text(),
        expression: row.text(),
        description: row.text(),
    };
    let question = |which: &str| include_str!("partitions.sql").replace("{which}", which);
    if asking.mysql_from(8, 0) {
        let question = question(&format!("TABLE_SCHEMA NOT IN ({OURS})"));
        return asking.list("the partitions", &["SELECT"], &question, read).await;
    }
    let tables = match tables.known() {
        Ok(tables) => tables,
        Err(unknown) => return Ok(Fact::unknown(unknown)),
    };
    let mut all = Vec::new();
    for table in tables
        .iter()
        .filter(|table| table.options.contains("partitioned"))
    {
        let (schema, name) = (quote::text(&table.name.schema), quote::text(&table.name.name));
        let question = question(&format!("TABLE_SCHEMA = {schema} AND TABLE_NAME = {name}"));
        let what = format!("the partitions of {}", table.name);
        match asking.list(&what, &["SELECT"], &question, read).await?.take() {
            Ok(partitions) => all.extend(partitions),
            Err(unknown) => return Ok(Fact::unknown(unknown)),
        }
    }
    Ok(Fact::new(all))
}
