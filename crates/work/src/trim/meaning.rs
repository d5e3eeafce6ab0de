//! Whether an archived value means the same in a column as it is now.

use daybreak_model::Column;

/// Why values of a column as it was could become others in the column as it is, or be refused; the names and base types are the same.
pub(super) fn changed_meaning(was: &Column, is: &Column) -> Option<String> {
    if !takes_charset(was.charset.as_deref(), is.charset.as_deref()) {
        let named = |charset: &Option<String>| charset.clone().unwrap_or_else(|| "none".to_owned());
        return Some(format!(
            "has another character set of `{}` than it had: {}, and it was {}",
            is.name,
            named(&is.charset),
            named(&was.charset)
        ));
    }
    (!takes(&was.base_type, &was.full_type, &is.full_type)).then(|| {
        format!(
            "has another `{}` than it had: {}, and it was {}",
            is.name, is.full_type, was.full_type
        )
    })
}

/// Whether bytes of one character set are the same text in the other.
fn takes_charset(was: Option<&str>, is: Option<&str>) -> bool {
    // Another name of the same (manual, "The utf8 Character Set").
    let named = |charset: &str| {
        if charset == "utf8" {
            "utf8mb3".to_owned()
        } else {
            charset.to_owned()
        }
    };
    let (was, is) = (was.map(named), is.map(named));
    was == is
        || matches!(
            (was.as_deref(), is.as_deref()),
            (Some("ascii"), Some("utf8mb3" | "utf8mb4")) | (Some("utf8mb3"), Some("utf8mb4"))
        )
}

/// Whether every value of a type is one of another of the same base, by the same text.
fn takes(base: &str, was: &str, is: &str) -> bool {
    if was == is {
        return true;
    }
    match base {
        "enum" | "set" => takes_members(base, &members(was), &members(is)),
        // How wide they are shown matters only where zeros fill that.
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => {
            !was.contains("zerofill") && !is.contains("zerofill") && sizes(was).1 == sizes(is).1
        }
        "varchar" | "varbinary" | "character varying" => {
            let most = |full: &str| sizes(full).0.first().copied().unwrap_or(u64::MAX);
            most(was) <= most(is)
        }
        // Without bounds any scale is kept.
        "numeric" if is == "numeric" => true,
        "decimal" | "numeric" => {
            let ((was, was_rest), (is, is_rest)) = (sizes(was), sizes(is));
            was_rest == is_rest && was.len() == 2 && is.len() == 2 && was[0] <= is[0] && was[1] == is[1]
        }
        _ => false,
    }
}

/// An `ENUM` that has the empty string among its members is archived by number, for its text does not tell it from the invalid value; any
/// other, and a `SET`, by text.
fn takes_members(base: &str, was: &[String], is: &[String]) -> bool {
    let by_number = |list: &[String]| base == "enum" && list.iter().any(String::is_empty);
    match (by_number(was), by_number(is)) {
        (true, true) => is.starts_with(was),
        (false, false) => was.iter().all(|member| is.contains(member)),
        _ => false,
    }
}

/// The members of `enum('a','b')`.
fn members(full: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut rest = full
        .split_once('(')
        .map_or("", |(_, list)| list)
        .chars()
        .peekable();
    while let Some(c) = rest.next() {
        if c != '\'' {
            continue;
        }
        let mut member = String::new();
        while let Some(c) = rest.next() {
            if c == '\'' && rest.next_if_eq(&'\'').is_none() {
                break;
            }
            member.push(c);
        }
        members.push(member);
    }
    members
}

/// The numbers in a type's brackets, and what is left without them.
fn sizes(full: &str) -> (Vec<u64>, String) {
    let parted = full.split_once('(').and_then(|(head, tail)| {
        let (inner, rest) = tail.split_once(')')?;
        Some((inner, format!("{head}{rest}")))
    });
    match parted {
        Some((inner, rest)) => (
            inner
                .split(',')
                .filter_map(|size| size.trim().parse().ok())
                .collect(),
            rest,
        ),
        None => (Vec::new(), full.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{takes, takes_charset};

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for (base, was, is, wanted) in [
            // By number.
            ("enum", "enum('a','')", "enum('','a')", false),
            ("enum", "enum('a','')", "enum('a','','b')", true),
            ("enum", "enum('a')", "enum('a','')", false),
            // By text.
            ("enum", "enum('a','b')", "enum('b','it''s','a')", true),
            ("enum", "enum('a','2')", "enum('a','b')", false),
            ("set", "set('a','')", "set('','a')", true),
            ("set", "set('a','b')", "set('a')", false),
            ("int", "int(11) unsigned", "int unsigned", true),
            ("int", "int unsigned", "int", false),
            (
                "int",
                "int(5) unsigned zerofill",
                "int(9) unsigned zerofill",
                false,
            ),
            ("varchar", "varchar(20)", "varchar(40)", true),
            ("varchar", "varchar(20)", "varchar(19)", false),
            (
                "character varying",
                "character varying(20)",
                "character varying",
                true,
            ),
            (
                "character varying",
                "character varying",
                "character varying(20)",
                false,
            ),
            ("decimal", "decimal(10,2)", "decimal(12,2)", true),
            ("decimal", "decimal(10,2)", "decimal(12,3)", false),
            ("numeric", "numeric", "numeric(12,3)", false),
            ("numeric", "numeric(12,3)", "numeric", true),
            ("datetime", "datetime(3)", "datetime", false),
            (
                "timestamp with time zone",
                "timestamp(3) with time zone",
                "timestamp(0) with time zone",
                false,
            ),
            ("binary", "binary(4)", "binary(5)", false),
        ] {
            assert_eq!(takes(base, was, is), wanted, "{was} in {is}");
        }
        for (was, is, wanted) in [
            (Some("utf8"), Some("utf8mb3"), true),
            (Some("utf8mb3"), Some("utf8mb4"), true),
            (Some("utf8mb4"), Some("utf8mb3"), false),
            (Some("latin1"), Some("utf8mb4"), false),
            (None, None, true),
        ] {
            assert_eq!(takes_charset(was, is), wanted, "{was:?} in {is:?}");
        }
    }
}
