//! The words of a statement as a MySQL server prints it: names in backticks, strings, comments and version comments are
//! told apart, so that nothing inside one is taken for syntax.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name in backticks.
    Name,
    /// A string in single or double quotes.
    Text,
    /// A bare word or number.
    Word,
    /// Anything else, one character.
    Symbol,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// Its text, quotes included.
    pub(crate) text: &'a str,
    /// Byte offset of its first character.
    pub(crate) start: usize,
}

impl<'a> Token<'a> {
    /// Byte offset after its last character.
    pub(crate) const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this bare word, in any case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// A name without its backticks.
    pub(crate) fn name(&self) -> Option<String> {
        (self.kind == Kind::Name).then(|| {
            let inner = &self.text[1..self.text.len() - 1];
            inner.replace("``", "`")
        })
    }

    /// The characters of the token, for slicing the statement it came from.
    pub(crate) const fn text(&self) -> &'a str {
        self.text
    }
}

/// The tokens of a statement. Comments are left out; the words of a version comment (`/*!80023 INVISIBLE */`) are kept,
/// its marks are not.
pub(crate) fn tokens(statement: &str) -> Vec<Token<'_>> {
    let bytes = statement.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = comment(bytes, at);
                continue;
            }
            b'*' if bytes.get(at + 1) == Some(&b'/') => {
                at += 2;
                continue;
            }
            b'#' => {
                at = line_end(bytes, at);
                continue;
            }
            b'-' if bytes[at..].starts_with(b"--")
                && bytes.get(at + 2).is_none_or(u8::is_ascii_whitespace) =>
            {
                at = line_end(bytes, at);
                continue;
            }
            quote @ (b'`' | b'\'' | b'"') => {
                at = quoted(bytes, at, quote);
                if quote == b'`' { Kind::Name } else { Kind::Text }
            }
            byte if is_word(byte) => {
                while at < bytes.len() && (is_word(bytes[at]) || is_fraction(bytes, start, at)) {
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Symbol
            }
        };
        found.push(Token {
            kind,
            text: &statement[start..at],
            start,
        });
    }
    found
}

/// Bytes above 127 belong to words: names outside backticks may have them.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The point of a number.
fn is_fraction(bytes: &[u8], start: usize, at: usize) -> bool {
    bytes[at] == b'.' && bytes[start].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// After a comment; of a version comment, after its opening mark and number.
fn comment(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at + 2..];
    let mark = match rest {
        [b'!', ..] => 1,
        [b'M', b'!', ..] => 2,
        _ => {
            let end = rest.windows(2).position(|pair| pair == b"*/");
            return end.map_or(bytes.len(), |end| at + 2 + end + 2);
        }
    };
    let digits = rest[mark..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    at + 2 + mark + digits
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |length| at + length)
}

/// After the closing quote; a doubled quote, and in strings a backslash, does not close.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] == b'\\' && quote != b'`' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    fn texts(statement: &str) -> Vec<&str> {
        tokens(statement).iter().map(|token| token.text).collect()
    }

    #[test]
    fn quotes_and_comments_hide_syntax() {
        assert_eq!(
            texts(
                "`a``(b` int /*!80023 INVISIBLE */ DEFAULT 'it''s \\' (' /* ) */ COMMENT \",\" -- x\n, 1.50"
            ),
            [
                "`a``(b`",
                "int",
                "INVISIBLE",
                "DEFAULT",
                "'it''s \\' ('",
                "COMMENT",
                "\",\"",
                ",",
                "1.50"
            ]
        );
    }

    #[test]
    fn names_lose_their_backticks() {
        let found = tokens("`we\"ird ta'ble; dr``op`");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, Kind::Name);
        assert_eq!(found[0].name().as_deref(), Some("we\"ird ta'ble; dr`op"));
    }

    #[test]
    fn an_unclosed_quote_ends_with_the_text() {
        assert_eq!(texts("'abc\\"), ["'abc\\"]);
    }
}
