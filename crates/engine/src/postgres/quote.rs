//! Quoting of names and values for the places where SQL cannot take a parameter.

use daybreak_model::TableName;

/// A name as an SQL identifier. Always quoted: what needs no quotes today may be a keyword in the next major version.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's schema-qualified name.
pub(crate) fn table(name: &TableName) -> String {
    format!("{}.{}", identifier(&name.schema), identifier(&name.name))
}

/// A text as an SQL string constant, the same whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Several texts as the elements of an SQL list.
pub(crate) fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    join(texts.into_iter().map(literal))
}

/// Several names as the elements of an SQL list.
pub(crate) fn identifiers<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names.into_iter().map(identifier))
}

/// `text[]` constant.
pub(crate) fn text_array<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    format!("ARRAY[{}]::text[]", literals(texts))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// The statements of a file without what it says about them.
pub(crate) fn uncommented(sql: &str) -> String {
    let lines: Vec<&str> = sql.lines().filter(|line| !line.starts_with("--")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;

    use super::{identifier, literal, table};

    #[test]
    fn nothing_escapes_its_quotes() {
        assert_eq!(identifier(r#"we"ird ta'ble; drop"#), r#""we""ird ta'ble; drop""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
        assert_eq!(table(&TableName::new("My Schema", "t")), r#""My Schema"."t""#);
    }
}
