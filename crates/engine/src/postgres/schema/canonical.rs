//! One text for one object, whichever version printed it.
//!
//! The server prints an expression from its parsed form, and versions differ in how: 16 leaves out a table's name before its
//! columns where only one table is read from, others add or drop parentheses. So what was parsed is compared word by word,
//! without parentheses that change nothing, and without that name where there is one table; strings and quoted names stay whole.

use daybreak_model::ObjectKind;

use crate::grouping::{Grammar, without_noise};

/// Operators in the order of the documentation's table of precedence ("Operator Precedence").
const GRAMMAR: Grammar = Grammar {
    operators: &[
        ("or", 1),
        ("and", 2),
        ("is", 4),
        ("=", 5),
        ("<", 5),
        (">", 5),
        ("<=", 5),
        (">=", 5),
        ("<>", 5),
        ("between", 6),
        ("in", 6),
        ("like", 6),
        ("ilike", 6),
        ("similar", 6),
        ("operator", 7),
        ("+", 8),
        ("-", 8),
        ("*", 9),
        ("/", 9),
        ("%", 9),
        ("^", 10),
        ("at", 11),
        ("collate", 12),
        ("[", 14),
        ("::", 15),
    ],
    prefixes: &[("not", 3), ("-", 13), ("+", 13)],
    others: 7,
    from_left: &[1, 2, 7, 8, 9, 10, 15],
    breaks: &[
        "select",
        "distinct",
        "from",
        "where",
        "group",
        "having",
        "order",
        "by",
        "limit",
        "offset",
        "fetch",
        "on",
        "as",
        "union",
        "all",
        "except",
        "intersect",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "outer",
        "natural",
        "when",
        "then",
        "else",
        "with",
        "recursive",
        "window",
        "partition",
        "returning",
        "set",
        "do",
        "instead",
        "also",
        "asc",
        "desc",
        "nulls",
        "for",
        "into",
        ";",
    ],
    callers: &["in", "values", "operator", "using"],
    joins_tell: false,
};

/// What two servers' images of an object are compared by.
pub(super) fn definition(kind: ObjectKind, printed: &str) -> String {
    match kind {
        // A routine's body is kept as it was written; its header is printed the same by every version.
        ObjectKind::Routine => printed.to_owned(),
        ObjectKind::View | ObjectKind::Rule => parsed(printed),
        _ => words(printed).join(" "),
    }
}

/// The words of what the server printed from its parsed form.
fn parsed(text: &str) -> String {
    let mut words: Vec<String> = words(text).into_iter().map(str::to_owned).collect();
    unqualify(&mut words);
    without_noise(&words, &GRAMMAR).join(" ")
}

/// Leaves out the name of the only table that the outermost query reads from, before its columns. Queries within it, and the
/// members of a union, have names before their columns on every version.
fn unqualify(words: &mut Vec<String>) {
    const QUERIES: [&str; 5] = ["select", "join", "union", "except", "intersect"];
    const ENDS: [&str; 10] = [
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "fetch",
        "window",
        "for",
        "tablesample",
    ];
    const NO_NAMES: [&str; 5] = ["as", "only", "lateral", "with", "ordinality"];
    let is = |word: &str, list: &[&str]| list.iter().any(|other| word.eq_ignore_ascii_case(other));
    // Whether each word is the outermost query's, and whether it stands in no parentheses at all.
    let mut inner = Vec::new();
    let mut outer = Vec::with_capacity(words.len());
    let mut top = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word == "(" {
            // A member of a union may have parentheses of its own.
            let first = words[at..].iter().find(|word| *word != "(");
            let begins = first.is_some_and(|first| is(first, &["select", "with", "values"]));
            inner.push(begins || inner.last() == Some(&true));
        }
        outer.push(inner.last() != Some(&true));
        if word == ")" {
            inner.pop();
        }
        if inner.is_empty() {
            top.push(at);
        }
    }
    let at_word = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", String::as_str);
    // `insert` and `delete` may be names as well.
    let changes = |at: usize| {
        let (before, next) = (at_word(at.checked_sub(1)), at_word(Some(at + 1)));
        is(&words[at], &["insert"]) && is(next, &["into"])
            || is(&words[at], &["delete"])
                && is(next, &["from"])
                && !is(before, &["select", "distinct", ",", "."])
    };
    let queries = (0..words.len())
        .filter(|&at| outer[at] && (is(&words[at], &QUERIES) || changes(at)))
        .count();
    // `IS DISTINCT FROM` has the same word.
    let is_from = |at: usize| is(&words[at], &["from"]) && at > 0 && !is(&words[at - 1], &["distinct"]);
    let froms: Vec<usize> = top.iter().copied().filter(|&at| is_from(at)).collect();
    let (&[from], 1) = (&froms[..], queries) else {
        return;
    };
    let end = top.iter().copied().find(|&at| at > from && is(&words[at], &ENDS));
    let end = end.unwrap_or(words.len());
    let names: Vec<&str> = top
        .iter()
        .filter(|&&at| from < at && at < end)
        .map(|&at| words[at].as_str())
        .filter(|word| !is(word, &NO_NAMES))
        .collect();
    // The alias is the last of the names; a list of columns after it is not at the top.
    let Some(name) = names
        .iter()
        .rfind(|name| **name != ")")
        .map(|name| (*name).to_owned())
    else {
        return;
    };
    if names.contains(&",") {
        return;
    }
    let qualifies = |at: usize| {
        let begins = at == 0 || words[at - 1] != ".";
        begins && words[at] == name && words.get(at + 1).is_some_and(|next| next == ".")
    };
    let mut kept = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        if outer[at] && !(from..end).contains(&at) && qualifies(at) {
            at += 2;
        } else {
            kept.push(words[at].clone());
            at += 1;
        }
    }
    *words = kept;
}

/// The words of a text.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ if OPERATORS.contains(first) => rest.find(|c| !OPERATORS.contains(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        if !word.trim().is_empty() {
            words.push(word);
        }
    }
    words
}

/// What operators are made of.
const OPERATORS: &str = "+-*/<>=~!@#%^&|`?";

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// Length of a quoted text with its quotes; a doubled quote belongs to it.
fn quoted(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(end) = text[from..].find(quote) {
        from += end + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{parsed, words};

    #[test]
    fn versions_agree_on_a_parsed_text() {
        for (old, new) in [
            (
                " SELECT t.a,\n    t.\"B\" AS \"B\"\n   FROM public.t\n  WHERE ((t.a > 0) AND (t.note = 'it''s (odd).'::text))",
                " SELECT a,\n    \"B\" AS \"B\"\n   FROM public.t\n  WHERE (a > 0 AND note = 'it''s (odd).'::text)",
            ),
            (
                "SELECT o.a FROM ONLY public.t o WHERE (o.a = 1)",
                "SELECT a FROM ONLY public.t o WHERE (a = 1)",
            ),
            ("SELECT g.n FROM f(1, 3) g(n)", "SELECT n FROM f(1, 3) g(n)"),
            (
                "WITH r AS ( SELECT t.n FROM s.t) SELECT r.n FROM r WHERE (r.n IN ( SELECT u.n FROM s.u WHERE (u.a = r.n)))",
                "WITH r AS ( SELECT t.n FROM s.t) SELECT n FROM r WHERE (n IN ( SELECT u.n FROM s.u WHERE (u.a = r.n)))",
            ),
            (
                "WITH RECURSIVE nums(n) AS ( VALUES (1) UNION ALL SELECT (nums_1.n + 1) FROM nums nums_1) SELECT nums.n FROM nums",
                "WITH RECURSIVE nums(n) AS ( VALUES (1) UNION ALL SELECT (nums_1.n + 1) FROM nums nums_1) SELECT n FROM nums",
            ),
            (
                "SELECT x.a FROM ( ( SELECT t.a FROM s.t LIMIT 1) UNION ALL SELECT u.a FROM s.u) x",
                "SELECT a FROM ( ( SELECT t.a FROM s.t LIMIT 1) UNION ALL SELECT u.a FROM s.u) x",
            ),
            (
                "SELECT p.id, p.insert, p.delete FROM s.p",
                "SELECT id, insert, delete FROM s.p",
            ),
            (
                "SELECT (t.a IS DISTINCT FROM 1) AS b FROM public.t",
                "SELECT (a IS DISTINCT FROM 1) AS b FROM public.t",
            ),
        ] {
            assert_eq!(parsed(old), parsed(new), "{old}");
        }
    }

    #[test]
    fn other_meanings_differ() {
        for (one, other) in [
            (
                "SELECT ((t.a + 1) * 2) FROM s.t",
                "SELECT (t.a + (1 * 2)) FROM s.t",
            ),
            ("SELECT t.a FROM s.t, s.u", "SELECT u.a FROM s.t, s.u"),
            (
                "SELECT t.a FROM (s.t JOIN s.u ON (true))",
                "SELECT u.a FROM (s.t JOIN s.u ON (true))",
            ),
            ("SELECT t.a FROM s.t", "SELECT t.a FROM r.t"),
            ("SELECT s.f(t.a) FROM s.t", "SELECT r.f(t.a) FROM s.t"),
            (
                "SELECT t.a FROM s.t WHERE (EXISTS (SELECT FROM s.u WHERE (u.a = t.a)))",
                "SELECT t.a FROM s.t WHERE (EXISTS (SELECT FROM s.u WHERE (t.a = t.a)))",
            ),
            ("SELECT ((a + b))[1] FROM s.t", "SELECT (a + (b)[1]) FROM s.t"),
            (
                "SELECT ((a || b) -> c) FROM s.t",
                "SELECT (a || (b -> c)) FROM s.t",
            ),
            (
                "SELECT (NOT (a AND b)) FROM s.t",
                "SELECT ((NOT a) AND b) FROM s.t",
            ),
        ] {
            assert_ne!(parsed(one), parsed(other), "{one}");
        }
    }

    #[test]
    fn other_texts_differ() {
        assert_ne!(words("CHECK (a > 1)"), words("CHECK (a > 2)"));
        assert_ne!(parsed("SELECT 'a b'"), parsed("SELECT 'a  b'"));
        assert_ne!(parsed("\"A\""), parsed("a"));
    }
}
