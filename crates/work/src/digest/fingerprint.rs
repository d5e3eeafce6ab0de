//! A statement without its values: what all statements of a class have in common.
//!
//! The rules, and their order, are `pt-query-digest`'s (percona-toolkit 3.2.1): comments go, strings, numbers, booleans and NULL
//! become `?`, lists collapse, everything is in lower case. Some results look odd (a digit in a name becomes `?` and takes a
//! `b` or `x` before it along); they are kept, because ids are made from them.

mod collapse;

use std::sync::LazyLock;

use md5::{Digest as _, Md5};
use memchr::memmem::Finder;
use memchr::{memchr, memchr2, memmem};

// Made once: a statement is shorter than what making a searcher takes.
static COMMENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"/*"));

/// Buffers that are used again from statement to statement.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    text: Vec<u8>,
    other: Vec<u8>,
    /// The fingerprint made last.
    pub(super) out: Vec<u8>,
}

/// The fingerprint of a statement.
#[must_use]
pub fn fingerprint(statement: &[u8]) -> Vec<u8> {
    let mut scratch = Scratch::default();
    scratch.fingerprint(statement);
    scratch.out
}

/// The id of a class: MD5 of its fingerprint, 32 hexadecimal digits in capitals.
#[must_use]
pub fn fingerprint_id(fingerprint: &[u8]) -> String {
    Md5::digest(fingerprint)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}

impl Scratch {
    /// Makes the fingerprint, into `out`.
    pub(super) fn fingerprint(&mut self, statement: &[u8]) {
        self.out.clear();
        if let Some(whole) = special(statement) {
            self.out.extend_from_slice(&whole);
            return;
        }
        let statement = first_values(statement);
        let text = self.without_comments(statement);
        if is_use(text) {
            self.out.extend_from_slice(b"use ?");
            return;
        }
        self.without_double_quotes();
        replace_values(&self.text, &mut self.out);
        collapse::replace_null(&mut self.out);
        collapse::collapse_lists(&mut self.out, &mut self.other);
        collapse::collapse_unions(&mut self.out, &mut self.other);
        collapse::collapse_limit(&mut self.out);
        collapse::drop_ascending(&mut self.out, &mut self.other);
    }

    /// The statement without comments, but for those that a server carries out (`/*! … */`).
    fn without_comments(&mut self, statement: &[u8]) -> &[u8] {
        self.text.clear();
        let mut rest = statement;
        while let Some(at) = COMMENT.find(rest) {
            let end = match rest.get(at + 2) {
                None | Some(b'!') => None,
                Some(_) => memmem::find(&rest[at + 3..], b"*/").map(|end| at + 3 + end + 2),
            };
            let Some(end) = end else {
                self.text.extend_from_slice(&rest[..at + 1]);
                rest = &rest[at + 1..];
                continue;
            };
            self.text.extend_from_slice(&rest[..at]);
            rest = &rest[end..];
        }
        self.text.extend_from_slice(rest);
        if memchr2(b'#', b'-', &self.text).is_some() {
            self.without_line_comments();
        }
        &self.text
    }

    /// `--` and `#` begin a comment where no quote follows on their line.
    fn without_line_comments(&mut self) {
        self.other.clear();
        let text = &self.text;
        let (mut copied, mut from) = (0, 0);
        while let Some(found) = memchr2(b'#', b'-', &text[from..]) {
            let at = from + found;
            if text[at] == b'-' && text.get(at + 1) != Some(&b'-') {
                from = at + 1;
                continue;
            }
            let end = text[at..]
                .iter()
                .position(|byte| matches!(byte, b'\'' | b'"' | b'\r' | b'\n'));
            let end = end.map_or(text.len(), |end| at + end);
            if matches!(text.get(end), Some(b'\'' | b'"')) {
                from = at + 1;
                continue;
            }
            self.other.extend_from_slice(&text[copied..at]);
            (copied, from) = (end, end);
        }
        if copied > 0 {
            self.other.extend_from_slice(&text[copied..]);
            std::mem::swap(&mut self.text, &mut self.other);
        }
    }

    /// Escaped quotes go, then strings in double quotes become `?`: before single quotes are looked at, wherever they stand.
    fn without_double_quotes(&mut self) {
        if memchr(b'\\', &self.text).is_some() {
            self.other.clear();
            let mut bytes = self.text.as_slice();
            while let Some(at) = memchr(b'\\', bytes) {
                let kept = if matches!(bytes.get(at + 1), Some(b'\'' | b'"')) {
                    at
                } else {
                    at + 1
                };
                self.other.extend_from_slice(&bytes[..kept]);
                bytes = &bytes[if kept == at { at + 2 } else { at + 1 }..];
            }
            self.other.extend_from_slice(bytes);
            std::mem::swap(&mut self.text, &mut self.other);
        }
        if memchr(b'"', &self.text).is_some() {
            self.other.clear();
            let mut bytes = self.text.as_slice();
            while let Some(at) = memchr(b'"', bytes) {
                let Some(length) = memchr(b'"', &bytes[at + 1..]) else {
                    break;
                };
                self.other.extend_from_slice(&bytes[..at]);
                self.other.push(b'?');
                bytes = &bytes[at + 2 + length..];
            }
            self.other.extend_from_slice(bytes);
            std::mem::swap(&mut self.text, &mut self.other);
        }
        if self.text.last() == Some(&b'\n') {
            self.text.pop();
        }
    }
}

/// Statements that are a class by themselves.
fn special(statement: &[u8]) -> Option<Vec<u8>> {
    match statement.first()? {
        b'S' if statement.starts_with(b"SELECT /*!40001 SQL_NO_CACHE */ * FROM `") => {
            return Some(b"mysqldump".to_vec());
        }
        b'a' if statement.starts_with(b"administrator command: ") => return Some(statement.to_vec()),
        _ => {}
    }
    if is_checksum(statement) {
        return Some(b"percona-toolkit".to_vec());
    }
    called(statement)
}

/// `/*schema.table:1/2*/`, which pt-table-checksum writes into its statements.
fn is_checksum(statement: &[u8]) -> bool {
    let word = |bytes: &[u8]| bytes.iter().take_while(|byte| is_word(**byte)).count();
    COMMENT.find_iter(statement).any(|at| {
        let rest = &statement[at + 2..];
        let schema = word(rest);
        if schema == 0 || rest.get(schema) != Some(&b'.') {
            return false;
        }
        let rest = &rest[schema + 1..];
        let table = word(rest);
        table > 0
            && matches!(&rest[table..], [b':', first, b'/', second, b'*', b'/', ..]
                if first.is_ascii_digit() && second.is_ascii_digit())
    })
}

/// `call name`, of `CALL name(…)`.
fn called(statement: &[u8]) -> Option<Vec<u8>> {
    let text = statement.trim_ascii_start();
    if !text.get(..4)?.eq_ignore_ascii_case(b"call") {
        return None;
    }
    let name = text[4..].trim_ascii_start();
    if name.len() == text.len() - 4 {
        return None;
    }
    // The name takes all up to the last parenthesis before white space.
    let end = name
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(name.len());
    let length = memchr::memrchr(b'(', &name[..end]).filter(|&at| at > 0)?;
    let before = text.len() - name.len();
    Some(text[..before + length].to_ascii_lowercase())
}

/// An `INSERT` or `REPLACE` of many rows, cut after the first.
fn first_values(statement: &[u8]) -> &[u8] {
    let begins = |word: &[u8]| {
        statement
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let mut at = match statement.first() {
        Some(b'i' | b'I') if begins(b"INSERT") => 6,
        Some(b'r' | b'R') if begins(b"REPLACE") => 7,
        _ => return statement,
    };
    if statement[at..]
        .get(..7)
        .is_some_and(|word| word.eq_ignore_ascii_case(b" IGNORE"))
    {
        at += 7;
    }
    let into = at + blanks(&statement[at..]);
    if into == at
        || !statement[into..]
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"INTO"))
    {
        return statement;
    }
    // At least one character stands between.
    let mut from = into + 5;
    while let Some(found) = statement.get(from..).and_then(|rest| memchr2(b'v', b'V', rest)) {
        let at = from + found;
        from = at + 1;
        if !statement[at..]
            .get(..6)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"VALUES"))
        {
            continue;
        }
        let open = at + 6 + blanks(&statement[at + 6..]);
        if statement.get(open) != Some(&b'(') {
            continue;
        }
        let next = memchr::memchr_iter(b')', &statement[open..]).find(|close| {
            let rest = &statement[open + close + 1..];
            let comma = blanks(rest);
            rest.get(comma) == Some(&b',') && {
                let rest = &rest[comma + 1..];
                rest.get(blanks(rest)) == Some(&b'(')
            }
        });
        return next.map_or(statement, |close| &statement[..open + close + 1]);
    }
    statement
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_space(**byte)).count()
}

/// `USE name`.
fn is_use(text: &[u8]) -> bool {
    let Some((verb, name)) = text.split_at_checked(4) else {
        return false;
    };
    let name = name.strip_suffix(b"\n").unwrap_or(name);
    verb.eq_ignore_ascii_case(b"use ") && !name.is_empty() && !name.iter().any(|byte| is_space(*byte))
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What a byte is to the pass that replaces values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Quote,
    /// Begins what looks like a number.
    Number,
    Space,
    /// May begin `true` or `false`.
    Boolean,
    /// Is dropped before a `?`.
    Prefix,
    Question,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'\'' => Kind::Quote,
            b'0'..=b'9' | b'+' | b'-' => Kind::Number,
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => Kind::Space,
            b't' | b'T' | b'f' | b'F' => Kind::Boolean,
            b'x' | b'b' | b'.' => Kind::Prefix,
            b'?' => Kind::Question,
            _ => Kind::Plain,
        };
        byte += 1;
    }
    kinds
};

/// Whether what looks like a number goes on with this byte.
const fn goes_on(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'.' | b'x' | b'+' | b'-')
}

/// Strings, booleans and numbers become `?`, runs of white space one blank, letters small.
fn replace_values(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    // Whether the byte before is dropped should a `?` follow.
    let mut prefix = false;
    let question = |out: &mut Vec<u8>, prefix: &mut bool| {
        if *prefix {
            out.pop();
        }
        out.push(b'?');
        *prefix = false;
    };
    while let Some(&byte) = text.get(at) {
        match KINDS[usize::from(byte)] {
            Kind::Plain => {
                out.push(byte.to_ascii_lowercase());
                prefix = false;
            }
            Kind::Prefix => {
                out.push(byte);
                prefix = true;
            }
            Kind::Space => {
                if !out.is_empty() && out.last() != Some(&b' ') {
                    out.push(b' ');
                }
                prefix = false;
            }
            Kind::Quote => match memchr(b'\'', &text[at + 1..]) {
                Some(length) => {
                    question(out, &mut prefix);
                    at += length + 1;
                }
                None => {
                    out.push(byte);
                    prefix = false;
                }
            },
            Kind::Number => {
                question(out, &mut prefix);
                while text.get(at + 1).is_some_and(|byte| goes_on(*byte)) {
                    at += 1;
                }
            }
            Kind::Boolean => {
                let begins = at == 0 || !is_word(text[at - 1]);
                match boolean(&text[at..]).filter(|_| begins) {
                    Some(length) => {
                        question(out, &mut prefix);
                        at += length - 1;
                    }
                    None => {
                        out.push(byte.to_ascii_lowercase());
                        prefix = false;
                    }
                }
            }
            Kind::Question => question(out, &mut prefix),
        }
        at += 1;
    }
}

/// The length of `true` or `false` at the beginning.
fn boolean(text: &[u8]) -> Option<usize> {
    [&b"true"[..], b"false"].into_iter().find_map(|word| {
        let is_it = text.get(..word.len())?.eq_ignore_ascii_case(word);
        (is_it && text.get(word.len()).is_none_or(|next| !is_word(*next))).then_some(word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, fingerprint_id};

    #[test]
    fn values_go_and_structure_stays() {
        for (statement, expected) in [
            (
                "SELECT * FROM prices.Rt_5min where id=1",
                "select * from prices.rt_?min where id=?",
            ),
            (
                "select  c from\tt where a='it\\'s' and b = \"x\" -- why",
                "select c from t where a=? and b = ? ",
            ),
            (
                "select 1 from t where x in ('a', 2,NULL) and y IN(select 1)",
                "select ? from t where x in(?+) and y in(select ?)",
            ),
            (
                "INSERT INTO t (a,b) VALUES (1,'x'),(2,'y')",
                "insert into t (a,b) values(?+)",
            ),
            ("select * from tab1 limit 5, 10", "select * from ta? limit ?"),
            (
                "select a from t order by a ASC, b desc, c asc",
                "select a from t order by a, b desc, c",
            ),
            (
                "select 1 union all select 1 union all select 1",
                "select ? /*repeat union all*/",
            ),
            ("USE `shop`", "use ?"),
            ("call  shop.Fill(1, 2)", "call  shop.fill"),
            (
                "select x'4D', X'4D', -1.5e3, true, falsehood",
                "select ?, x?, ?, ?, falsehood",
            ),
            ("administrator command: Quit", "administrator command: Quit"),
            (
                "select /* note */ a /*! force */ from t # end",
                "select a /*! force */ from t ",
            ),
            ("select null, nullable from t", "select ?, nullable from t"),
            ("", ""),
        ] {
            let found = fingerprint(statement.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected, "{statement}");
        }
        assert_eq!(fingerprint_id(b"select ?"), "1FE1379FE2A31B8D16219655761820A2");
    }
}
