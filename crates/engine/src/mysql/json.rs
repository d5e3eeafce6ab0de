//! JSON as text. A server reads every number with a fraction back as a `DOUBLE`; a `DECIMAL` inside a JSON value (from
//! `JSON_OBJECT` over a decimal column) keeps its value that way unless it has more digits than a double holds.

use daybreak_model::{Column, Product, Table};
use mysql_async::{Conn, Row, Value};

use super::connection::Server;
use super::{column, quote};
use crate::{EngineError, ErrorKind};

/// Positions of the JSON columns among those that are read, with their names.
pub(super) fn columns(table: &Table) -> Vec<(usize, &str)> {
    let read = table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .enumerate();
    read.filter(|(_, column)| column::kind(column) == column::Kind::Json)
        .map(|(index, column)| (index, column.name.as_str()))
        .collect()
}

/// The columns of a table that take part in a comparison by meaning in their normal form: MariaDB's JSON, which is a text with a
/// check. MySQL's own type knows neither an order of keys nor white space.
pub(super) async fn normalized(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
) -> Result<Vec<String>, EngineError> {
    let flavor = server.flavor().await?;
    let may_be_json = |column: &&Column| column.base_type == "longtext";
    if flavor.product != Product::MariaDb || !table.columns.iter().any(|column| may_be_json(&column)) {
        return Ok(Vec::new());
    }
    let what = format!("failed to look for JSON in {}", table.name);
    let statement = format!("SHOW CREATE TABLE {}", quote::table(&table.name));
    let rows: Vec<Row> = server.rows_on(conn, &what, &statement).await?;
    let text = rows
        .first()
        .and_then(|row| row.get::<Option<Vec<u8>>, _>(1).flatten());
    let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
    let is_checked = |column: &&Column| {
        may_be_json(column) && text.contains(&format!("CHECK (json_valid({}))", quote::name(&column.name)))
    };
    let found = table.columns.iter().filter(is_checked);
    let found: Vec<String> = found.map(|column| column.name.clone()).collect();
    if !found.is_empty() && !flavor.normalizes_json() {
        let what = format!("failed to compare the JSON in {} by its meaning", table.name);
        return Err(EngineError {
            hint: Some("MariaDB has JSON_NORMALIZE since 10.7: compare it exactly here".to_owned()),
            ..server.error(ErrorKind::Unsupported, what)
        });
    }
    Ok(found)
}

/// A JSON number that no load keeps exactly ends the copy by name.
pub(super) fn refuse_inexact(
    server: &Server,
    table: &Table,
    columns: &[(usize, &str)],
    row: &Row,
) -> Result<(), EngineError> {
    for (index, name) in columns {
        if let Some(Value::Bytes(text)) = row.as_ref(*index)
            && let Some(number) = inexact_number(text)
        {
            return Err(EngineError {
                hint: Some("store it in the JSON value as a string, or round it to 17 digits".to_owned()),
                ..server.error(
                    ErrorKind::Unsupported,
                    format!(
                        "failed to read {}.{name}: the decimal {number} in its JSON cannot be loaded with all of its digits",
                        table.name
                    ),
                )
            });
        }
    }
    Ok(())
}

/// The first number of a JSON text that a double does not hold and that is no 64-bit integer either.
fn inexact_number(text: &[u8]) -> Option<&str> {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => at = after_string(text, at),
            b'-' | b'0'..=b'9' => {
                let length = text[at..]
                    .iter()
                    .take_while(|byte| {
                        byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
                    })
                    .count();
                let number = std::str::from_utf8(&text[at..at + length]).ok()?;
                if !is_exact(number) {
                    return Some(number);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

fn after_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn is_exact(number: &str) -> bool {
    // Fifteen digits always fit.
    if number.len() <= 15 || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(double) = number.parse::<f64>() else {
        return false;
    };
    digits(number) == digits(&format!("{double:e}"))
}

/// Significant digits, without sign, point, exponent and zeros at either end.
fn digits(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::inexact_number;

    #[test]
    fn doubles_and_whole_numbers_are_exact() {
        for text in [
            r#"{"a": [1, 2.5, -0.1, 1e100, 18446744073709551615, -9223372036854775808]}"#,
            r#""1.23456789012345678901234567890 \" 9.99999999999999999999""#,
            "1.7976931348623157e308",
            "0.30000000000000004",
            "10.00000000000000000000",
            "123456789012345.10",
        ] {
            assert_eq!(inexact_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn long_decimals_are_named() {
        for (text, number) in [
            (r#"{"a": 0.12345678901234567890}"#, "0.12345678901234567890"),
            ("[18446744073709551616]", "18446744073709551616"),
        ] {
            assert_eq!(inexact_number(text.as_bytes()), Some(number));
        }
    }
}
