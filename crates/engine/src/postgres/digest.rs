//! The hash of a row, computed inside the server.
//!
//! A row becomes one text, and that text a 64-bit number by `hashtextextended`. The function is stable: hash partitioning
//! stores rows by it, so no version may change it (PostgreSQL 11 and later; little-endian machines agree among each
//! other). The text is stable because every session of ours prints values alike: see `sql/session.sql`.

use daybreak_model::Table;

use super::quote;

/// Texts up to this many bytes take part whole; longer ones by their own hash, so that no row's text grows with them.
const LONG: usize = 8192;

/// The SQL expression for the hash of a row of `table`, a `bigint`.
pub(crate) fn row_hash(table: &Table) -> String {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| canonical(&quote::identifier(&column.name), &column.base_type))
        .collect();
    // A row's text keeps NULL and '' apart and quotes what separates its columns.
    format!(
        "hashtextextended(ROW({})::text COLLATE \"C\", 0)",
        columns.join(", ")
    )
}

/// A hash read as an unsigned number.
pub(crate) const fn unsigned(hash: i64) -> u64 {
    hash.wrapping_add(i64::MIN).cast_unsigned()
}

fn canonical(column: &str, base_type: &str) -> String {
    match base_type {
        "text" | "character varying" | "bpchar" => long_text(column, column),
        "json" | "jsonb" => {
            let text = format!("{column}::text");
            long_text(&text, &text)
        }
        // A cast shows the encoding that the stored text declares; the output function, by which every copy travels, leaves it
        // out (manual, "XML Type").
        "xml" => {
            let text = format!("xml_out({column})::text");
            long_text(&text, &text)
        }
        "bytea" => format!(
            "CASE WHEN octet_length({column}) > {LONG} THEN encode(sha256({column}), 'hex') ELSE {column}::text END"
        ),
        _ => column.to_owned(),
    }
}

fn long_text(column: &str, text: &str) -> String {
    format!(
        "CASE WHEN octet_length({text}) > {LONG} THEN {} ELSE {column}::text END",
        hashed(text)
    )
}

fn hashed(text: &str) -> String {
    format!("octet_length({text})::text || ' ' || hashtextextended({text} COLLATE \"C\", 0)::text")
}
