//! Settings of roles and databases, as statements say them.

use super::quote;

/// Settings whose values are lists, kept with the quotes of their parts (those that PostgreSQL marks `GUC_LIST_QUOTE`).
const LISTS: [&str; 6] = [
    "search_path",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// The name of a setting, which may be an extension's.
pub(super) fn name(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(quote::identifier).collect();
    parts.join(".")
}

/// What stands behind `SET name TO` for a value as `pg_db_role_setting` keeps it: each part of a list is a constant of its own.
/// What was kept with `FROM CURRENT` is whatever a session had set, so that no part of it may be said as it stands. `None` for a
/// list that the server itself would not understand.
pub(super) fn value(name: &str, kept: &str) -> Option<String> {
    if !LISTS.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(quote::literal(kept));
    }
    let parts = parts(kept)?;
    Some(if parts.is_empty() {
        "''".to_owned()
    } else {
        quote::literals(parts.iter().map(String::as_str))
    })
}

/// The parts of a list: between commas, each a word or quoted as an identifier.
fn parts(list: &str) -> Option<Vec<String>> {
    let mut rest = list.trim();
    let mut parts = Vec::new();
    if rest.is_empty() {
        return Some(parts);
    }
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => until_quote(quoted)?,
            None => {
                let end = rest
                    .find(|c: char| c == ',' || c.is_whitespace())
                    .unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        parts.push(part);
        let after = after.trim_start();
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix(',')?.trim_start();
        if rest.is_empty() {
            return None;
        }
    }
}

/// What stands before the quote that ends it, doubled ones undone, and what follows.
fn until_quote(quoted: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn each_part_of_a_list_is_a_constant() {
        let list = |kept| value("search_path", kept);
        assert_eq!(list("\"$user\", public"), Some("'$user', 'public'".into()));
        assert_eq!(list("\"a \"\"b\"\", c\",d"), Some("'a \"b\", c', 'd'".into()));
        assert_eq!(
            list("public;DROP/**/TABLE/**/t"),
            Some("'public;DROP/**/TABLE/**/t'".into())
        );
        assert_eq!(list("\"\""), Some("''".into()));
        assert_eq!(list(""), Some("''".into()));
        assert_eq!(list("a, "), None);
        assert_eq!(list("a b"), None);
        assert_eq!(list("\"a"), None);
        assert_eq!(value("pgaudit.role", "it's, x"), Some("'it''s, x'".into()));
    }
}
