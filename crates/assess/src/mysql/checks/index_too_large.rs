//! In REDUNDANT and COMPACT a column of an index has 767 bytes at most. Servers before 5.7.35 and 8.0.22 let such
//! indexes be made, and later ones take the table for corrupt (MySQL Shell, `indexTooLarge`; Aurora precheck
//! `mysqlIndexTooLargeCheck`).

use std::collections::BTreeMap;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Column, Facts};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.too_large",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "indexes over more bytes than their row format has room for",
        remedy: "rebuild the table in the DYNAMIC format, or make the index shorter",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let old = facts.base_tables()?.filter(|table| {
        table.engine == "InnoDB"
            && ["redundant", "compact"]
                .iter()
                .any(|format| table.row_format.eq_ignore_ascii_case(format))
    });
    let old: BTreeMap<&TableName, String> = old
        .map(|table| (&table.name, table.alter("ROW_FORMAT = DYNAMIC")))
        .collect();
    let columns: BTreeMap<(&TableName, &str), &Column> = facts
        .base_columns()?
        .map(|column| ((&column.table, column.name.as_str()), column))
        .collect();
    let mut hits = Vec::new();
    for index in facts
        .indexes
        .known()?
        .iter()
        .filter(|index| index.kind == "BTREE")
    {
        let Some(statement) = old.get(&index.table) else {
            continue;
        };
        for part in &index.parts {
            let column = part
                .column
                .as_deref()
                .and_then(|name| columns.get(&(&index.table, name)));
            let Some(bytes) = column.and_then(|column| bytes(column, part.prefix)) else {
                continue;
            };
            if bytes > 767 {
                hits.push(
                    Hit::new(
                        index.object(),
                        format!("one of its columns takes {bytes} bytes, and 767 fit"),
                    )
                    .mended_by(statement.clone()),
                );
            }
        }
    }
    Ok(hits)
}

/// Bytes that a string column takes in an index.
fn bytes(column: &Column, prefix: Option<u64>) -> Option<u64> {
    let length = column
        .full
        .split(['(', ')'])
        .nth(1)
        .and_then(|length| length.parse::<u64>().ok());
    let characters = prefix.or(length)?;
    let width = match column.charset.as_str() {
        "utf8mb4" | "utf16" | "utf32" => 4,
        "utf8" | "utf8mb3" => 3,
        "ucs2" => 2,
        _ => 1,
    };
    column.full.contains("char").then_some(characters * width)
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::sample;

    // The servers here refuse such an index or cut it down; it takes an upgraded 5.7 of before 5.7.35.
    #[test]
    fn a_long_index_in_an_old_row_format_is_found() {
        for (format, charset, found) in [
            ("Compact", "utf8mb4", 1),
            ("Dynamic", "utf8mb4", 0),
            ("Compact", "latin1", 0),
        ] {
            let facts = sample::long_index(format, charset, 255);
            assert_eq!(super::look(&facts).unwrap().len(), found, "{format} {charset}");
        }
    }
}
