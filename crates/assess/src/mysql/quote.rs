//! Names and values as they stand in a statement that is shown to a reader.

/// A name in backticks.
pub(crate) fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// An object of a database, both names in backticks.
pub(crate) fn object(schema: &str, object: &str) -> String {
    format!("{}.{}", name(schema), name(object))
}

/// A string literal.
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// An account.
pub(crate) fn account(user: &str, host: &str) -> String {
    format!("{}@{}", text(user), text(host))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(super::object("a`b", "c; DROP"), "`a``b`.`c; DROP`");
        assert_eq!(super::account("it's", "%\\"), "'it''s'@'%\\\\'");
    }
}
