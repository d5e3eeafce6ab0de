//! Values of rows as literals, and the statements that repair rows with them.

use daybreak_model::{Column, Flavor, KeyBound, Table};
use mysql_async::{Row, Value};

use super::column::{Kind, kind};
use super::{key, quote};
use crate::RowRepair;

/// What a session begins with that takes these literals as they are.
pub(crate) const PREAMBLE: [&str; 2] = [
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
];

fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| !column.generated)
}

/// The list that reads what [`literals`] needs.
pub(crate) fn expressions(table: &Table) -> String {
    let read = |column: &Column| {
        let name = quote::name(&column.name);
        match kind(column) {
            Kind::Integer | Kind::Decimal | Kind::Temporal => name,
            Kind::Float => format!("{name} * 1e0"),
            Kind::Enum | Kind::Set | Kind::Bit => format!("{name} + 0"),
            Kind::Json => format!("CAST({name} AS CHAR CHARACTER SET utf8mb4)"),
            Kind::Text | Kind::Binary | Kind::Large | Kind::Geometry => format!("HEX({name})"),
        }
    };
    stored(table).map(read).collect::<Vec<_>>().join(", ")
}

/// The literals in a row from field `from` on; `None` where a field is not as it can be.
pub(crate) fn literals(table: &Table, row: &Row, from: usize) -> Option<Vec<String>> {
    let literal = |(at, column): (usize, &Column)| {
        let bytes = match row.as_ref(from + at)? {
            Value::NULL => return Some("NULL".to_owned()),
            Value::Bytes(bytes) => bytes,
            _ => return None,
        };
        let text = std::str::from_utf8(bytes).ok()?;
        Some(match kind(column) {
            Kind::Integer | Kind::Decimal | Kind::Enum | Kind::Set | Kind::Bit => text.to_owned(),
            // Without an exponent it is a decimal, which knows no negative zero.
            Kind::Float if !text.contains('e') => format!("{text}e0"),
            Kind::Float => text.to_owned(),
            Kind::Temporal | Kind::Json => quote::text(text),
            Kind::Text | Kind::Binary | Kind::Large | Kind::Geometry => of_bytes(column, &unhex(text)?),
        })
    };
    stored(table).enumerate().map(literal).collect()
}

/// Bytes of a column's own character set: as text where anybody can read it, else as they are.
fn of_bytes(column: &Column, bytes: &[u8]) -> String {
    let Some(charset) = column.charset.as_deref() else {
        return quote::bytes(bytes);
    };
    let readable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    let in_utf8 = charset.starts_with("utf8") && !bytes.iter().any(u8::is_ascii_control);
    let is_wide = matches!(charset, "ucs2" | "utf16" | "utf16le" | "utf32");
    match std::str::from_utf8(bytes) {
        Ok(text) if (readable || in_utf8) && !is_wide => quote::text(text),
        _ if charset.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("_{charset} {}", quote::bytes(bytes))
        }
        _ => quote::bytes(bytes),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The statement that repairs one row.
pub(crate) fn repair(table: &Table, bound: &KeyBound, repair: &RowRepair<'_>, flavor: &Flavor) -> String {
    let names: Vec<String> = stored(table).map(|column| quote::name(&column.name)).collect();
    let into = quote::table(&table.name);
    match repair {
        RowRepair::Insert(values) => {
            format!(
                "INSERT INTO {into} ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            )
        }
        RowRepair::Update(values, places) => {
            let sets: Vec<String> = places
                .iter()
                .map(|&at| format!("{} = {}", names[at], values[at]))
                .collect();
            format!(
                "UPDATE {into} SET {} WHERE {}",
                sets.join(", "),
                key::equals(table, bound, flavor)
            )
        }
        RowRepair::Delete => format!("DELETE FROM {into} WHERE {}", key::equals(table, bound, flavor)),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::Column;

    #[test]
    fn text_that_can_be_read_stands_as_text() {
        let column = |charset: Option<&str>| Column {
            name: "c".to_owned(),
            base_type: "varchar".to_owned(),
            full_type: "varchar(10)".to_owned(),
            charset: charset.map(str::to_owned),
            nullable: true,
            generated: false,
        };
        for (charset, bytes, literal) in [
            (Some("utf8mb4"), "it's 🌅".as_bytes(), "'it''s 🌅'"),
            (Some("utf8mb4"), b"a\x07", "_utf8mb4 x'6107'"),
            (Some("latin1"), b"abc", "'abc'"),
            (Some("latin1"), b"\xE4", "_latin1 x'E4'"),
            (Some("utf16"), b"\0a", "_utf16 x'0061'"),
            (None, b"abc", "x'616263'"),
        ] {
            assert_eq!(super::of_bytes(&column(charset), bytes), literal);
        }
        assert_eq!(super::unhex("00fF"), Some(vec![0, 255]));
        assert_eq!(super::unhex("0g"), None);
    }
}
