//! The hash of a row, computed inside the server.
//!
//! A row becomes one text, and that text a 64-bit number by `hashtextextended`. The function is stable: hash partitioning
//! stores rows by it, so no version may change it (PostgreSQL 11 and later; little-endian machines agree among each
//! other). A strong hash is the first 128 bits of the text's SHA-256 (`sha256`, PostgreSQL 11 and later). The text is stable
//! because every session of ours prints values alike: see `sql/session.sql`.

use daybreak_model::{Column, RowHash, Table};

use super::quote;
use crate::Hashing;

/// Texts up to this many bytes take part whole; longer ones by their own hash, so that no row's text grows with them.
const LONG: usize = 8192;

/// The SQL expressions for the hash of a row of `table`, `bigint`s: one, or two of a strong hash.
pub(crate) fn halves(table: &Table, how: Hashing) -> Vec<String> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| canonical(column, how))
        .collect();
    // A row's text keeps NULL and '' apart and quotes what separates its columns.
    let text = format!("ROW({})::text", columns.join(", "));
    if !how.strong {
        return vec![format!("hashtextextended({text} COLLATE \"C\", 0)")];
    }
    let half = |from| format!("('x' || substr({}, {from}, 16))::bit(64)::bigint", sha256(&text));
    vec![half(1), half(17)]
}

/// A hash from the halves as the server has them, signed.
pub(crate) const fn hash(first: i64, second: Option<i64>) -> RowHash {
    RowHash {
        first: unsigned(first),
        second: match second {
            Some(second) => unsigned(second),
            None => 0,
        },
    }
}

/// The condition that holds for rows with one of these hashes.
pub(crate) fn among(halves: &[String], hashes: &[RowHash]) -> String {
    let list: Vec<String> = hashes
        .iter()
        .map(|hash| match halves {
            [_] => format!("('{}'::bigint)", signed(hash.first)),
            _ => format!(
                "('{}'::bigint, '{}'::bigint)",
                signed(hash.first),
                signed(hash.second)
            ),
        })
        .collect();
    format!("({}) IN (VALUES {})", halves.join(", "), list.join(", "))
}

/// Order is kept: sums of signed halves differ from those of unsigned ones by 2^63 for each row.
const fn unsigned(half: i64) -> u64 {
    half.wrapping_add(i64::MIN).cast_unsigned()
}

const fn signed(half: u64) -> i64 {
    half.cast_signed().wrapping_add(i64::MIN)
}

fn canonical(column: &Column, how: Hashing) -> String {
    let name = quote::identifier(&column.name);
    match column.base_type.as_str() {
        "text" | "character varying" | "bpchar" => long_text(&name, &name, how),
        "json" if how.json_by_meaning => {
            let text = format!("{name}::jsonb::text");
            long_text(&text, &text, how)
        }
        "json[]" if how.json_by_meaning => format!("{name}::jsonb[]"),
        "json" | "jsonb" => {
            let text = format!("{name}::text");
            long_text(&text, &text, how)
        }
        // A cast shows the encoding that the stored text declares; the output function, by which every copy travels, leaves it
        // out (manual, "XML Type").
        "xml" => {
            let text = format!("xml_out({name})::text");
            long_text(&text, &text, how)
        }
        "bytea" => format!(
            "CASE WHEN octet_length({name}) > {LONG} THEN encode(sha256({name}), 'hex') ELSE {name}::text END"
        ),
        _ => name,
    }
}

fn long_text(column: &str, text: &str, how: Hashing) -> String {
    let hashed = if how.strong {
        sha256(text)
    } else {
        format!("hashtextextended({text} COLLATE \"C\", 0)::text")
    };
    format!(
        "CASE WHEN octet_length({text}) > {LONG} THEN octet_length({text})::text || ' ' || {hashed} ELSE {column}::text END"
    )
}

/// SHA-256 of a text, in hexadecimal digits. It is of the text's bytes in UTF-8; a database without an encoding has only bytes.
fn sha256(text: &str) -> String {
    format!(
        "encode(sha256(convert_to({text}, \
         (CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)::name)), 'hex')"
    )
}

#[cfg(test)]
mod tests {
    use super::{hash, signed};

    #[test]
    fn halves_come_back_as_they_were() {
        for half in [i64::MIN, -1, 0, 1, i64::MAX] {
            let hash = hash(half, Some(half));
            assert_eq!((signed(hash.first), signed(hash.second)), (half, half));
        }
        assert!(hash(-1, None).first < hash(0, None).first);
    }
}
