//! A TINYTEXT or TINYBLOB holds 255 bytes, and 8.0 refuses a prefix that could be longer (Aurora precheck
//! `auroraUpgradeCheckIndexLengthLimitOnTinyColumns`).

use std::collections::BTreeMap;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Column, Facts};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.tiny_prefix",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "prefix indexes longer than their column",
        remedy: "make the prefix shorter",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let tiny = facts
        .base_columns()?
        .filter(|column| ["tinytext", "tinyblob"].contains(&column.base.as_str()));
    let tiny: BTreeMap<(&TableName, &str), &Column> = tiny
        .map(|column| ((&column.table, column.name.as_str()), column))
        .collect();
    let mut hits = Vec::new();
    for index in facts.indexes.known()? {
        for part in &index.parts {
            let (Some(name), Some(prefix)) = (part.column.as_deref(), part.prefix) else {
                continue;
            };
            let Some(column) = tiny.get(&(&index.table, name)) else {
                continue;
            };
            let bytes = prefix * width(&column.charset);
            if bytes > 255 {
                hits.push(Hit::new(
                    index.object(),
                    format!(
                        "a prefix of {bytes} bytes over {} `{name}`, which holds 255",
                        column.base.to_uppercase()
                    ),
                ));
            }
        }
    }
    Ok(hits)
}

/// Bytes of a character.
fn width(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf32" | "utf16le" | "gb18030" => 4,
        "utf8" | "utf8mb3" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "gbk" | "sjis" | "cp932" | "euckr" | "gb2312" => 2,
        _ => 1,
    }
}
