//! Lines of `SHOW GRANTS`, taken apart.
//!
//! Facts from the manuals: MySQL "SHOW GRANTS", "GRANT Statement"; MariaDB "SHOW GRANTS".

use super::quote;
use super::schema::tokens::{Kind, Token, tokens};

/// A line of `SHOW GRANTS`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Privileges {
        revoked: bool,
        /// Each with its columns behind it.
        privileges: Vec<String>,
        on: On,
        handed_on: bool,
    },
    /// Roles as the line has them.
    Roles {
        roles: Vec<String>,
        handed_on: bool,
    },
    /// MariaDB's.
    DefaultRole(String),
    Proxy,
    /// Its beginning, up to the account: after that a hash may stand.
    NotUnderstood(String),
}

/// What a privilege is on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum On {
    Everything,
    /// A database's name or pattern.
    Database(String),
    /// Another object as the line has it, and its database.
    Object(String, String),
}

impl On {
    /// As statements have it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Everything => "*.*".to_owned(),
            Self::Database(database) => format!("{}.*", quote::name(database)),
            Self::Object(_, object) => object.clone(),
        }
    }
}

/// A name without whatever quotes it has.
pub(super) fn bare(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Name => token.name().unwrap_or_default(),
        Kind::Text => token.text[1..token.text.len() - 1].replace("''", "'"),
        Kind::Word | Kind::Symbol => token.text.to_owned(),
    }
}

/// Reads a line.
pub(super) fn line(text: &str) -> Line {
    let all = tokens(text);
    let not_understood = || {
        let end = all
            .iter()
            .find(|token| token.is_word("TO") || token.is_word("FROM"));
        Line::NotUnderstood(text[..end.map_or(0, |end| end.start)].trim_end().to_owned())
    };
    read(text, &all).unwrap_or_else(not_understood)
}

fn read(text: &str, all: &[Token<'_>]) -> Option<Line> {
    let word = |index: usize, word: &str| all.get(index).is_some_and(|token| token.is_word(word));
    if word(0, "SET") && word(1, "DEFAULT") && word(2, "ROLE") {
        return Some(Line::DefaultRole(all.get(3)?.text.to_owned()));
    }
    let revoked = word(0, "REVOKE");
    if !revoked && !word(0, "GRANT") {
        return None;
    }
    if word(1, "PROXY") {
        return Some(Line::Proxy);
    }
    let to = all
        .iter()
        .position(|token| token.is_word(if revoked { "FROM" } else { "TO" }))?;
    let ends_with = |words: &[&str]| {
        (to..all.len()).any(|at| {
            words
                .iter()
                .enumerate()
                .all(|(after, each)| word(at + after, each))
        })
    };
    let Some(on) = all[..to].iter().position(|token| token.is_word("ON")) else {
        return Some(Line::Roles {
            roles: parted(text, &all[1..to]),
            handed_on: ends_with(&["WITH", "ADMIN", "OPTION"]),
        });
    };
    Some(Line::Privileges {
        revoked,
        privileges: parted(text, &all[1..on]),
        on: object(text, &all[on + 1..to])?,
        handed_on: ends_with(&["WITH", "GRANT", "OPTION"]),
    })
}

/// The parts between commas that stand in no parentheses.
pub(super) fn parted(text: &str, tokens: &[Token<'_>]) -> Vec<String> {
    let (mut depth, mut parts, mut begun) = (0_usize, Vec::new(), None);
    for token in tokens {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && token.is_symbol(",") {
            parts.extend(
                begun
                    .take()
                    .map(|(start, end): (usize, usize)| text[start..end].to_owned()),
            );
        } else {
            begun = Some((begun.map_or(token.start, |(start, _)| start), token.end()));
        }
    }
    parts.extend(begun.map(|(start, end)| text[start..end].to_owned()));
    parts
}

/// What a line is about, from after `ON`.
fn object(text: &str, tokens: &[Token<'_>]) -> Option<On> {
    let symbol = |index: usize, symbol: &str| tokens.get(index).is_some_and(|token| token.is_symbol(symbol));
    if tokens.len() == 3 && symbol(0, "*") && symbol(2, "*") {
        return Some(On::Everything);
    }
    let kinds = ["TABLE", "PROCEDURE", "FUNCTION"];
    let kind = kinds
        .iter()
        .any(|kind| tokens.first().is_some_and(|first| first.is_word(kind)));
    let name = usize::from(kind);
    let database = tokens.get(name)?.name()?;
    if tokens.len() == 3 && symbol(2, "*") {
        return Some(On::Database(database));
    }
    let end = tokens.last()?.end();
    (tokens.len() == name + 3).then(|| On::Object(database, text[tokens[0].start..end].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Line, On, line};

    #[test]
    fn words_in_names_are_no_syntax() {
        let told = line(
            "GRANT SELECT (`ON`, `a,b`), INSERT ON `TO`.`WITH GRANT OPTION` TO 'u'@'%' WITH GRANT OPTION",
        );
        let expected = Line::Privileges {
            revoked: false,
            privileges: vec!["SELECT (`ON`, `a,b`)".to_owned(), "INSERT".to_owned()],
            on: On::Object("TO".to_owned(), "`TO`.`WITH GRANT OPTION`".to_owned()),
            handed_on: true,
        };
        assert_eq!(told, expected);
        let told = line("GRANT USAGE ON *.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*0123'");
        assert!(matches!(
            told,
            Line::Privileges {
                on: On::Everything,
                ..
            }
        ));
        let told = line("GRANT EXECUTE ON PACKAGE `s`.`p` TO 'u'@'%' IDENTIFIED BY PASSWORD '*0123'");
        assert_eq!(
            told,
            Line::NotUnderstood("GRANT EXECUTE ON PACKAGE `s`.`p`".to_owned())
        );
    }
}
