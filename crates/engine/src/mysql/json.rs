//! JSON as text. A server reads every number with a fraction back as a `DOUBLE`; a `DECIMAL` inside a JSON value (from
//! `JSON_OBJECT` over a decimal column) keeps its value that way unless it has more digits than a double holds.

use daybreak_model::Table;
use mysql_async::{Row, Value};

use super::column;
use super::connection::Server;
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
