//! A row of InnoDB must fit half a page, 8,126 bytes of 16 KiB, with what cannot go to other pages. With
//! innodb_strict_mode, which Aurora has on, such a table is refused with 1118 (MySQL manual, "Limits on Table Column
//! Count and Row Size").

use std::collections::BTreeMap;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Column, Facts};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.row_too_large",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables whose rows do not fit a page",
        remedy: "make fixed-length columns shorter, or variable: CHAR to VARCHAR or TEXT",
    },
    look,
};

/// What a row may take in its page, in bytes.
const HALF_PAGE: u64 = 8126;

fn look(facts: &Facts) -> Looked {
    let mut bytes: BTreeMap<&TableName, u64> = BTreeMap::new();
    for column in facts.base_columns()? {
        *bytes.entry(&column.table).or_default() += fixed(column);
    }
    Ok(facts
        .base_tables()?
        .filter_map(|table| {
            let bytes = *bytes.get(&table.name)?;
            (table.engine == "InnoDB" && bytes > HALF_PAGE).then(|| {
                let evidence = format!(
                    "its fixed-length columns alone take {bytes} bytes, and a page has room for {HALF_PAGE}"
                );
                Hit::new(table.name.to_string(), evidence)
            })
        })
        .collect())
}

/// Bytes that a column takes in every row's page: strings of one byte a character and fixed length, and numbers. Others can
/// be shorter or lie elsewhere.
fn fixed(column: &Column) -> u64 {
    let length = column
        .full
        .split(['(', ')'])
        .nth(1)
        .and_then(|length| length.parse::<u64>().ok());
    match column.base.as_str() {
        "char" if column.charset == "latin1" || column.charset == "ascii" => length.unwrap_or(1),
        "binary" => length.unwrap_or(1),
        "tinyint" | "year" => 1,
        "smallint" => 2,
        "mediumint" | "date" => 3,
        "int" | "float" | "timestamp" => 4,
        "bigint" | "double" => 8,
        "datetime" => 5,
        _ => 0,
    }
}
