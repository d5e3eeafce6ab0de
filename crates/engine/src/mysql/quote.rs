//! Names and values as they stand in a statement. Sessions of ours never have `NO_BACKSLASH_ESCAPES` or `ANSI_QUOTES` set.

use daybreak_model::TableName;

/// A name in backticks.
pub(crate) fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's full name in backticks.
pub(crate) fn table(table: &TableName) -> String {
    format!("{}.{}", name(&table.schema), name(&table.name))
}

/// A string literal.
pub(crate) fn text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// A list of string literals, for `IN (…)`; an empty list matches nothing.
pub(crate) fn texts(list: &[String]) -> String {
    if list.is_empty() {
        return "NULL".to_owned();
    }
    list.iter().map(|item| text(item)).collect::<Vec<_>>().join(", ")
}

/// A binary literal, `x'…'`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut quoted = String::with_capacity(bytes.len() * 2 + 3);
    quoted.push_str("x'");
    for byte in bytes {
        write!(quoted, "{byte:02X}").expect("writing to a string never fails");
    }
    quoted.push('\'');
    quoted
}

/// A value in an option file of the family's programs (manual, "Using Option Files").
pub(crate) fn option(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(super::name("a`b"), "`a``b`");
        assert_eq!(
            super::table(&TableName::new("s", "we\"ird ta'ble; drop")),
            "`s`.`we\"ird ta'ble; drop`"
        );
        assert_eq!(super::text("it's \\ \0"), "'it''s \\\\ \\0'");
        assert_eq!(super::texts(&[]), "NULL");
        assert_eq!(super::bytes(&[0, 255]), "x'00FF'");
    }
}
