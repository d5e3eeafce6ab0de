use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::{Answer, Asking};
use super::{Fact, OURS};
use crate::mysql::quote;

/// A column of a table or view.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// What it holds where a row says nothing, as the server prints it.
    pub(crate) default: Option<String>,
    pub(crate) nullable: bool,
    /// `int`, in lower case.
    pub(crate) base: String,
    /// `int(10) unsigned`, as the server prints it.
    pub(crate) full: String,
    pub(crate) charset: String,
    pub(crate) collation: String,
    /// `auto_increment`, `VIRTUAL GENERATED`, `INVISIBLE`, …
    pub(crate) extra: String,
    /// Of a generated column: what it is computed by.
    pub(crate) expression: String,
    /// Of a spatial column where the server knows of such: its reference system.
    pub(crate) srid: Option<String>,
}

impl Column {
    /// Its full name, for a reader.
    pub(crate) fn object(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    /// Whether its type has this word, such as `unsigned`.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.full
            .to_lowercase()
            .split([' ', '(', ')'])
            .any(|part| part == word)
    }

    /// Whether it is spatial.
    pub(crate) fn is_spatial(&self) -> bool {
        SPATIAL.contains(&self.base.as_str())
    }

    /// Whether it holds a date.
    pub(crate) fn is_temporal(&self) -> bool {
        ["date", "datetime", "timestamp"].contains(&self.base.as_str())
    }

    /// The head of the statement that gives it another type.
    pub(crate) fn modify(&self, to: &str) -> String {
        let table = quote::object(&self.table.schema, &self.table.name);
        let null = if self.nullable { "" } else { " NOT NULL" };
        format!(
            "ALTER TABLE {table} MODIFY {} {to}{null}",
            quote::name(&self.name)
        )
    }
}

const SPATIAL: [&str; 9] = [
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
];

/// Columns of the applications' tables and views, in their order.
pub(super) async fn columns(asking: &Asking<'_>) -> Result<Fact<Vec<Column>>, EngineError> {
    let expression = if asking.mysql_from(5, 7) || asking.is_maria_db() {
        "GENERATION_EXPRESSION"
    } else {
        "NULL"
    };
    let srid = if asking.mysql_from(8, 0) { "SRS_ID" } else { "NULL" };
    let question = include_str!("columns.sql")
        .replace("{ours}", OURS)
        .replace("{expression}", expression)
        .replace("{srid}", srid);
    let read = |mut row: Answer| Column {
        table: TableName::new(row.text(), row.text()),
        name: row.text(),
        default: row.maybe(),
        nullable: row.yes(),
        base: row.text().to_lowercase(),
        full: row.text(),
        charset: row.text(),
        collation: row.text(),
        extra: row.text(),
        expression: row.text(),
        srid: row.maybe(),
    };
    asking.list("the columns", &["SELECT"], &question, read).await
}
