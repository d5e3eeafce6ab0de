//! The words of a stored program: names in backticks, strings and comments are told apart, so that nothing inside one is
//! taken for syntax.

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word or number.
    Bare,
    /// A name in backticks, without them.
    Name,
    /// A string, without its quotes.
    Text,
    /// One character of anything else.
    Symbol,
}

/// A word of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl Word<'_> {
    /// Whether it is this bare word, in any case, or this symbol.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Bare | Kind::Symbol) && self.text.eq_ignore_ascii_case(text)
    }
}

/// The words of a statement. Comments are left out; the words of a version comment are kept.
pub(crate) fn words(statement: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        if let Some(after) = comment(rest) {
            rest = after;
            continue;
        }
        let (kind, length) = match first {
            '`' | '\'' | '"' => (
                if first == '`' { Kind::Name } else { Kind::Text },
                quoted(rest, first),
            ),
            _ if is_part(first) => (Kind::Bare, rest.find(|c| !is_part(c)).unwrap_or(rest.len())),
            _ => (Kind::Symbol, first.len_utf8()),
        };
        let text = match kind {
            Kind::Name | Kind::Text => rest[1..length].strip_suffix(first).unwrap_or(&rest[1..length]),
            Kind::Bare | Kind::Symbol => &rest[..length],
        };
        found.push(Word { kind, text });
        rest = &rest[length..];
    }
    found
}

/// Whether a run of bare words and symbols stands in the statement.
pub(crate) fn has_run(words: &[Word<'_>], run: &[&str]) -> bool {
    words
        .windows(run.len())
        .any(|window| window.iter().zip(run).all(|(word, text)| word.is(text)))
}

/// The function of these that the statement calls first: a bare word before a parenthesis, not after a point.
pub(crate) fn called<'a>(words: &[Word<'_>], functions: &[&'a str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        let call = words.get(at + 1).is_some_and(|next| next.is("("));
        let qualified = at > 0 && words[at - 1].is(".");
        // Views print every name in backticks, functions of the server bare.
        functions
            .iter()
            .copied()
            .find(|name| call && !qualified && word.is(name))
    })
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$' || character == '@'
}

/// What follows the comment that the text begins with.
fn comment(text: &str) -> Option<&str> {
    let line = || Some(text.find('\n').map_or("", |end| &text[end..]));
    if text.starts_with('#') {
        return line();
    }
    if let Some(after) = text.strip_prefix("--") {
        return if after.is_empty() || after.starts_with(char::is_whitespace) {
            line()
        } else {
            None
        };
    }
    if let Some(after) = text.strip_prefix("*/") {
        return Some(after);
    }
    let inner = text.strip_prefix("/*")?;
    match inner.strip_prefix('!').or_else(|| inner.strip_prefix("M!")) {
        Some(kept) => Some(kept.trim_start_matches(|digit: char| digit.is_ascii_digit())),
        None => Some(inner.find("*/").map_or("", |end| &inner[end + 2..])),
    }
}

/// The length of the quoted text that this begins with; a doubled quote, and in strings a backslash, does not close.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote != '`' {
            characters.next();
        } else if character == quote {
            if characters.peek().is_none_or(|(_, next)| *next != quote) {
                return at + quote.len_utf8();
            }
            characters.next();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{called, has_run, words};

    #[test]
    fn quotes_and_comments_hide_syntax() {
        let statement = "SELECT `rank`, 'a \\' rank' /* rank */ -- rank\n FROM x.rank # rank\n WHERE /*!50100 y */ = \"r\"";
        let texts: Vec<&str> = words(statement).iter().map(|word| word.text).collect();
        assert_eq!(
            texts,
            [
                "SELECT",
                "rank",
                ",",
                "a \\' rank",
                "FROM",
                "x",
                ".",
                "rank",
                "WHERE",
                "y",
                "=",
                "r"
            ]
        );
        assert_eq!(words("SELECT `é```").last().unwrap().text, "é``");
    }

    #[test]
    fn runs_and_calls() {
        let found = words("SELECT SQL_CACHE password(a), b.encode(1), `decode`(2) INTO  OUTFILE 'x'");
        assert!(has_run(&found, &["into", "outfile"]));
        assert_eq!(called(&found, &["ENCODE", "DECODE"]), None);
        assert_eq!(called(&found, &["PASSWORD"]), Some("PASSWORD"));
    }
}
