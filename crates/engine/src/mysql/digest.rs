//! The hash of a row, computed inside the server.
//!
//! The first 64 bits of SHA-256 over the columns' canonical texts, or the first 128; SHA-256 because MySQL 9 has neither MD5
//! nor SHA-1 and 5.6 has it.

use daybreak_model::{Column, RowHash, Table};
use mysql_async::Row;

use super::{column, quote};

/// The expressions of a row's hash, unsigned 64-bit numbers: one, or two of a strong hash. Columns named in `json` take part in
/// MariaDB's normal form of JSON.
pub(crate) fn halves(table: &Table, strong: bool, json: &[String]) -> Vec<String> {
    let text = row_text(table, json);
    let half = |from: u8| format!("CAST(CONV(SUBSTRING(SHA2({text}, 256), {from}, 16), 16, 10) AS UNSIGNED)");
    let mut halves = vec![format!(
        "CAST(CONV(LEFT(SHA2({text}, 256), 16), 16, 10) AS UNSIGNED)"
    )];
    halves.extend(strong.then(|| half(17)));
    halves
}

fn row_text(table: &Table, json: &[String]) -> String {
    let text = |column: &Column| {
        if json.contains(&column.name) {
            by_meaning(column)
        } else {
            column::canonical_expression(column)
        }
    };
    let texts: Vec<_> = table.columns.iter().map(text).collect();
    let nulls: Vec<_> = table
        .columns
        .iter()
        .filter(|column| column.nullable)
        .map(|column| format!("ISNULL({})", quote::name(&column.name)))
        .collect();
    let nulls = if nulls.is_empty() {
        String::new()
    } else {
        format!(", CONCAT({})", nulls.join(", "))
    };
    format!("CONCAT_WS('#', {}{nulls})", texts.join(", "))
}

/// MariaDB's `JSON_NORMALIZE` sorts keys and leaves out white space; what is no JSON, which it answers with NULL, counts as it is.
fn by_meaning(column: &Column) -> String {
    let name = quote::name(&column.name);
    format!("SHA2(COALESCE(JSON_NORMALIZE({name}), CONCAT('?', {name})), 256)")
}

/// The hash in a row's fields from `from` on; `None` where a field is not as it can be.
pub(crate) fn hash(row: &Row, from: usize, strong: bool) -> Option<RowHash> {
    Some(RowHash {
        first: row.get_opt::<u64, _>(from)?.ok()?,
        second: if strong {
            row.get_opt::<u64, _>(from + 1)?.ok()?
        } else {
            0
        },
    })
}

/// The condition that holds for rows with one of these hashes.
pub(crate) fn among(halves: &[String], hashes: &[RowHash]) -> String {
    let list: Vec<String> = hashes
        .iter()
        .map(|hash| match halves {
            [_] => hash.first.to_string(),
            _ => format!("({}, {})", hash.first, hash.second),
        })
        .collect();
    match halves {
        [half] => format!("{half} IN ({})", list.join(", ")),
        _ => format!("({}) IN ({})", halves.join(", "), list.join(", ")),
    }
}
