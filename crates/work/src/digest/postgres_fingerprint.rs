//! A statement of PostgreSQL without its values. As pt-query-digest does for MySQL: comments go, values become `?`, lists collapse,
//! everything is in lower case; but by PostgreSQL's lexical structure (manual, "SQL Syntax"): names in double quotes stay as they are,
//! texts are in single quotes or between dollars.

use memchr::memchr;

/// Makes the fingerprint, into `out`.
pub(super) fn fingerprint(statement: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = statement;
    // Where brackets were opened in `out`.
    let mut open = Vec::new();
    while let Some(&byte) = rest.first() {
        let length = match byte {
            _ if byte.is_ascii_whitespace() => {
                space(out);
                1
            }
            b'-' if rest.starts_with(b"--") => {
                space(out);
                memchr(b'\n', rest).unwrap_or(rest.len())
            }
            b'/' if rest.starts_with(b"/*") => {
                space(out);
                block_comment(rest)
            }
            b'\'' => {
                let escapes = before_text(out);
                value(out);
                text(rest, escapes)
            }
            b'"' => {
                let length = closed_by(rest, b'"');
                out.extend_from_slice(&rest[..length]);
                length
            }
            b'$' => dollar(rest, out),
            b'0'..=b'9' if !ends_in_word(out) => {
                number_sign(out);
                value(out);
                number(rest)
            }
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) && !ends_in_word(out) => {
                number_sign(out);
                value(out);
                1 + number(&rest[1..])
            }
            b'(' | b'[' => {
                open.push(out.len());
                out.push(byte);
                1
            }
            b')' | b']' => {
                out.push(byte);
                if let Some(from) = open.pop() {
                    collapse(out, from);
                }
                1
            }
            _ if is_word(byte) => word(rest, out),
            _ => {
                out.push(byte);
                1
            }
        };
        rest = &rest[length..];
    }
    while out.last().is_some_and(|byte| matches!(byte, b' ' | b';')) {
        out.pop();
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn ends_in_word(out: &[u8]) -> bool {
    out.last().is_some_and(|byte| is_word(*byte))
}

fn space(out: &mut Vec<u8>) {
    if out.last().is_some_and(|last| *last != b' ') {
        out.push(b' ');
    }
}

/// Two values side by side, such as texts on two lines, are one.
fn value(out: &mut Vec<u8>) {
    if out.ends_with(b"? ") {
        out.pop();
    }
    if out.last() != Some(&b'?') {
        out.push(b'?');
    }
}

/// The sign of a number belongs to it where no value stands before.
fn number_sign(out: &mut Vec<u8>) {
    let before = |at: usize| out.len().checked_sub(at).and_then(|at| out.get(at));
    if matches!(before(1), Some(b'-' | b'+'))
        && matches!(before(2), None | Some(b'(' | b',' | b'=' | b'<' | b'>' | b' '))
    {
        out.pop();
    }
}

/// A word: in lower case; NULL, TRUE and FALSE are values but after IS.
fn word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let length = rest
        .iter()
        .position(|byte| !is_word(*byte) && *byte != b'$')
        .unwrap_or(rest.len());
    let found = &rest[..length];
    let constant = [&b"null"[..], b"true", b"false"]
        .iter()
        .any(|word| found.eq_ignore_ascii_case(word));
    if constant && !(out.ends_with(b" is ") || out.ends_with(b" is not ")) && out.last() != Some(&b'.') {
        value(out);
    } else {
        out.extend(found.iter().map(u8::to_ascii_lowercase));
    }
    length
}

/// Takes away the letter that says what kind of text follows; whether backslashes escape in it.
fn before_text(out: &mut Vec<u8>) -> bool {
    let alone = |out: &[u8], length: usize| {
        out.len()
            .checked_sub(length + 1)
            .and_then(|at| out.get(at))
            .is_none_or(|byte| !is_word(*byte))
    };
    if out.ends_with(b"u&") && alone(out, 2) {
        out.truncate(out.len() - 2);
        return false;
    }
    match out.last() {
        Some(letter @ (b'e' | b'b' | b'x' | b'n')) if alone(out, 1) => {
            let escapes = *letter == b'e';
            out.pop();
            escapes
        }
        _ => false,
    }
}

/// The length of a text in single quotes.
fn text(rest: &[u8], escapes: bool) -> usize {
    if !escapes {
        return closed_by(rest, b'\'');
    }
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if rest.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of what begins with a quote and ends with the same; a doubled one is part of it.
fn closed_by(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr(quote, rest)) {
        at += found + 1;
        if rest.get(at) == Some(&quote) {
            at += 1;
        } else {
            return at;
        }
    }
    rest.len()
}

/// `$1` is a value, and so is what stands between `$tag$` and `$tag$`.
fn dollar(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        value(out);
        return 1 + digits;
    }
    let tag = rest[1..]
        .iter()
        .position(|byte| !is_word(*byte))
        .unwrap_or(rest.len() - 1);
    if rest.get(1 + tag) != Some(&b'$') || ends_in_word(out) {
        out.push(b'$');
        return 1;
    }
    let tag = &rest[..tag + 2];
    value(out);
    let end = memchr::memmem::find(&rest[tag.len()..], tag);
    end.map_or(rest.len(), |end| end + 2 * tag.len())
}

/// The length of a number, an exponent and digits of other bases with it.
fn number(rest: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = rest.get(length) {
        let sign = matches!(byte, b'+' | b'-')
            && length > 0
            && matches!(rest[length - 1], b'e' | b'E')
            && rest.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !(is_word(*byte) || *byte == b'.' || sign) {
            break;
        }
        length += 1;
    }
    length
}

/// The length of a comment, which may hold others.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// A list of nothing but values becomes one: after IN, and each row of VALUES.
fn collapse(out: &mut Vec<u8>, from: usize) {
    let values = &out[from + 1..out.len() - 1];
    let only = values.iter().all(|byte| matches!(byte, b'?' | b',' | b' ')) && values.contains(&b'?');
    if !only {
        return;
    }
    if out[from] == b'[' {
        out.truncate(from);
        out.extend_from_slice(b"[?+]");
        return;
    }
    let mut head = &out[..from];
    while let Some(before) = head
        .strip_suffix(b" ")
        .or(head.strip_suffix(b","))
        .or(head.strip_suffix(b"(?+)"))
    {
        head = before;
    }
    let is = |word: &[u8]| {
        head.strip_suffix(word)
            .is_some_and(|before| before.last().is_none_or(|byte| !is_word(*byte)))
    };
    if is(b"in") || is(b"values") {
        let length = head.len();
        out.truncate(length);
        out.extend_from_slice(b"(?+)");
    }
}

#[cfg(test)]
mod tests {
    fn of(statement: &str) -> String {
        let mut out = Vec::new();
        super::fingerprint(statement.as_bytes(), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn values_go_and_names_stay() {
        for (statement, fingerprint) in [
            (
                "SELECT * FROM \"Odd 'Name\" WHERE a = 'it''s' AND b = 5;",
                "select * from \"Odd 'Name\" where a = ? and b = ?",
            ),
            (
                "select E'a\\'b', B'01', x'ff', n'x', U&'\\0041', 'a' 'b'",
                "select ?, ?, ?, ?, ?, ?",
            ),
            (
                "SELECT $$it's$$, $q$a $$ b$q$, $1, $12::int",
                "select ?, ?, ?, ?::int",
            ),
            (
                "SELECT t1.c2 FROM t1 WHERE x = -5 AND y - 5 > 1e-10 AND z = .5",
                "select t1.c2 from t1 where x = ? and y - ? > ? and z = ?",
            ),
            ("SELECT 1 -- one\n, /* two /* three */ */ 2", "select ? , ?"),
            (
                "select a from t where a is NOT NULL and b = null and c = TRUE and d is false",
                "select a from t where a is not null and b = ? and c = ? and d is false",
            ),
            (
                "SELECT * FROM t WHERE id IN (1,2,  3) AND u in ($1)",
                "select * from t where id in(?+) and u in(?+)",
            ),
            (
                "insert into t (a, b) values (1, 'x'), (2, NULL),\n (3, now())",
                "insert into t (a, b) values(?+), (?, now())",
            ),
            ("insert into t values (1,2),(3,4)", "insert into t values(?+)"),
            (
                "select any(ARRAY[1,2,3]), f(1, 2)",
                "select any(array[?+]), f(?, ?)",
            ),
            ("  \n", ""),
            ("select 'unclosed", "select ?"),
            ("select $tag", "select $tag"),
        ] {
            assert_eq!(of(statement), fingerprint, "{statement}");
        }
    }
}
