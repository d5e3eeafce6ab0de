//! Which tables a statement names, without a server: by where names stand (after FROM, JOIN, INTO, UPDATE and their like), in the SQL
//! of MySQL and PostgreSQL alike. Texts, comments, functions that take FROM, and names of a WITH are none.

use std::collections::HashSet;

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedTable {
    /// The schema, or MySQL database, where the statement names it.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

impl std::fmt::Display for NamedTable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(formatter, "{schema}.{}", self.table),
            None => formatter.write_str(&self.table),
        }
    }
}

/// What a statement does to tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Tables, each once, in their order.
    pub tables: Vec<NamedTable>,
    /// Those of them that it writes.
    pub written: Vec<NamedTable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A bare word, in lower case.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    Sign(char),
}

/// Where a name is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What is read.
    Read,
    /// What is written; a list of columns may follow in brackets.
    Written,
}

const KEYWORDS: [&str; 40] = [
    "select",
    "where",
    "set",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "outer",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "union",
    "except",
    "intersect",
    "values",
    "value",
    "returning",
    "for",
    "lock",
    "window",
    "from",
    "into",
    "straight_join",
    "use",
    "force",
    "ignore",
    "partition",
    "tablesample",
    "fetch",
    "when",
    "default",
    "with",
    "as",
];

/// Words that may stand between a keyword and its table.
const BETWEEN: [&str; 14] = [
    "only",
    "low_priority",
    "high_priority",
    "delayed",
    "quick",
    "ignore",
    "lateral",
    "if",
    "exists",
    "not",
    "table",
    "overwrite",
    "concurrent",
    "local",
];

/// Functions that take FROM between their brackets.
const TAKE_FROM: [&str; 6] = ["extract", "substring", "substr", "trim", "overlay", "position"];

/// The tables that a statement names.
#[must_use]
pub fn touched(statement: &str) -> Touched {
    let tokens = tokens(statement);
    let first = tokens.iter().find_map(|token| match token {
        Token::Word(word) if !matches!(word.as_str(), "explain" | "analyze" | "with") => Some(word.as_str()),
        _ => None,
    });
    if matches!(
        first,
        Some(
            "show" | "set" | "use" | "grant" | "revoke" | "call" | "begin" | "start" | "commit" | "rollback"
        )
    ) {
        return Touched::default();
    }
    let common = common_tables(&tokens);
    let mut found = Touched::default();
    let mut brackets: Vec<bool> = Vec::new();
    let mut expected: Option<Place> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let word = |at: usize| match tokens.get(at) {
            Some(Token::Word(word)) => word.as_str(),
            _ => "",
        };
        let before = at.checked_sub(1).map_or("", word);
        match token {
            Token::Sign('(') => {
                brackets.push(TAKE_FROM.contains(&before));
                // `FROM (a JOIN b)`: still expected; `FROM (SELECT`: that has a FROM of its own.
                if word(at + 1) == "select" || word(at + 1) == "values" {
                    expected = None;
                }
            }
            Token::Sign(')') => {
                brackets.pop();
                expected = None;
            }
            Token::Word(own) if expected.is_some() && BETWEEN.contains(&own.as_str()) => {}
            Token::Word(own)
                if place(own, before, first).is_some() && !brackets.last().copied().unwrap_or(false) =>
            {
                expected = place(own, before, first);
            }
            Token::Word(_) | Token::Quoted(_) if expected.is_some() => {
                let place = expected.take();
                let is_keyword = matches!(token, Token::Word(own) if KEYWORDS.contains(&own.as_str()));
                if is_keyword || matches!(before, "outfile" | "dumpfile") {
                    at += 1;
                    continue;
                }
                let (name, next) = name(&tokens, at);
                let call = place == Some(Place::Read) && tokens.get(next) == Some(&Token::Sign('('));
                let common = name.schema.is_none() && common.contains(&name.table);
                if !call && !common && !matches!(name.table.as_str(), "outfile" | "dumpfile" | "dual") {
                    if place == Some(Place::Written) && !found.written.contains(&name) {
                        found.written.push(name.clone());
                    }
                    if !found.tables.contains(&name) {
                        found.tables.push(name);
                    }
                }
                at = after_alias(&tokens, next);
                if tokens.get(at) == Some(&Token::Sign(',')) && !call {
                    // Of `UPDATE a, b` any may be written; of what is read the next is read.
                    expected = if place == Some(Place::Written) && first != Some("update") {
                        None
                    } else {
                        place
                    };
                    at += 1;
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// What a keyword expects after it.
fn place(word: &str, before: &str, first: Option<&str>) -> Option<Place> {
    match word {
        "from" if before == "distinct" => None,
        "from" if first == Some("delete") => Some(Place::Written),
        "copy" if first == Some("copy") => Some(Place::Written),
        "from" if first == Some("copy") => None,
        "from" | "join" | "straight_join" => Some(Place::Read),
        "using" if matches!(first, Some("delete" | "merge")) => Some(Place::Read),
        "update" if !matches!(before, "for" | "key" | "on" | "do" | "then") => Some(Place::Written),
        "into" => Some(Place::Written),
        "truncate" if first == Some("truncate") => Some(Place::Written),
        "table" if matches!(first, Some("alter" | "drop" | "create" | "lock" | "load")) => {
            Some(Place::Written)
        }
        "insert" | "replace" if first == Some(word) => Some(Place::Written),
        _ => None,
    }
}

/// A name from its first part on, and where it ends.
fn name(tokens: &[Token], from: usize) -> (NamedTable, usize) {
    let part = |at: usize| match tokens.get(at) {
        Some(Token::Word(text) | Token::Quoted(text)) => Some(text.clone()),
        _ => None,
    };
    let mut parts = vec![part(from).unwrap_or_default()];
    let mut at = from + 1;
    while tokens.get(at) == Some(&Token::Sign('.')) {
        let Some(next) = part(at + 1) else { break };
        parts.push(next);
        at += 2;
    }
    // Of `database.schema.table` the last two tell.
    let table = parts.pop().unwrap_or_default();
    let schema = parts.pop();
    (NamedTable { schema, table }, at)
}

/// Past `AS alias`, or `alias`.
fn after_alias(tokens: &[Token], mut at: usize) -> usize {
    if matches!(tokens.get(at), Some(Token::Word(word)) if word == "as") {
        at += 1;
    }
    match tokens.get(at) {
        Some(Token::Word(word)) if !KEYWORDS.contains(&word.as_str()) => at + 1,
        Some(Token::Quoted(_)) => at + 1,
        _ => at,
    }
}

/// Names that a WITH gives to queries: `name AS (`, or `name (columns) AS (`.
fn common_tables(tokens: &[Token]) -> HashSet<String> {
    let mut names = HashSet::new();
    if !tokens
        .iter()
        .any(|token| matches!(token, Token::Word(word) if word == "with"))
    {
        return names;
    }
    for (at, token) in tokens.iter().enumerate() {
        let is = |at: usize, word: &str| matches!(tokens.get(at), Some(Token::Word(own)) if own == word);
        let follows = at.checked_sub(1).is_some_and(|before| {
            is(before, "with") || is(before, "recursive") || tokens.get(before) == Some(&Token::Sign(','))
        });
        let mut next = at + 1;
        if tokens.get(next) == Some(&Token::Sign('(')) {
            next += tokens[next..]
                .iter()
                .position(|token| *token == Token::Sign(')'))
                .unwrap_or(0)
                + 1;
        }
        if let (true, true, Token::Word(name) | Token::Quoted(name)) = (follows, is(next, "as"), token) {
            names.insert(name.clone());
        }
    }
    names
}

/// Words, names and signs; texts, numbers and comments go.
fn tokens(statement: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = statement;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' => closed(rest, '\''),
            '"' | '`' => {
                let length = closed(rest, c);
                let doubled = format!("{c}{c}");
                let inside = rest[1..length].strip_suffix(c).unwrap_or(&rest[1..length]);
                tokens.push(Token::Quoted(inside.replace(&doubled, &c.to_string())));
                length
            }
            '-' if rest.starts_with("--") => line(rest),
            '#' => line(rest),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '$' => dollar(rest),
            _ if c.is_ascii_digit() => word_length(rest),
            _ if c.is_alphabetic() || c == '_' || c == '@' => {
                let length = word_length(rest);
                tokens.push(Token::Word(rest[..length].to_lowercase()));
                length
            }
            _ => {
                if matches!(c, '(' | ')' | ',' | '.' | ';' | '=') {
                    tokens.push(Token::Sign(c));
                }
                c.len_utf8()
            }
        };
        rest = &rest[length.max(1)..];
    }
    tokens
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '@')))
        .unwrap_or(rest.len())
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of what begins with a quote and ends with the same; a doubled one, or one after a backslash in a text, is part of it.
fn closed(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '\'' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        }
    }
    rest.len()
}

/// `$1`, or all from `$tag$` to the next.
fn dollar(rest: &str) -> usize {
    let tag = rest[1..]
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(rest.len(), |end| end + 1);
    if !rest[tag..].starts_with('$') || rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return tag;
    }
    let mark = &rest[..=tag];
    rest[tag + 1..]
        .find(mark)
        .map_or(rest.len(), |end| tag + 1 + end + mark.len())
}

#[cfg(test)]
mod tests {
    use super::touched;

    #[test]
    fn tables_are_what_stands_where_tables_stand() {
        for (statement, tables, written) in [
            (
                "SELECT * FROM a, b AS x, `c d` y JOIN shop.e ON e.id = y.id WHERE x.f IN (SELECT f FROM g)",
                "a b c d shop.e g",
                "",
            ),
            (
                "INSERT INTO \"Odd\"\"T\" (a, b) SELECT a, b FROM t2",
                "Odd\"T t2",
                "Odd\"T",
            ),
            ("INSERT t1 VALUES (1) ON DUPLICATE KEY UPDATE a = 2", "t1", "t1"),
            (
                "UPDATE a SET x = (SELECT MAX(y) FROM b) WHERE z = 'FROM c'",
                "a b",
                "a",
            ),
            ("UPDATE a JOIN b ON a.i = b.i SET a.x = 1", "a b", "a"),
            ("DELETE FROM a USING b WHERE a.id = b.id", "a b", "a"),
            (
                "WITH w AS (SELECT * FROM a), v (x) AS (SELECT 1) SELECT * FROM w, v, real_one",
                "a real_one",
                "",
            ),
            (
                "SELECT EXTRACT(YEAR FROM made), SUBSTRING(x FROM 2) FROM t -- FROM u",
                "t",
                "",
            ),
            ("SELECT * FROM generate_series(1, 5) AS n JOIN t ON true", "t", ""),
            ("SELECT a IS DISTINCT FROM b FROM t FOR UPDATE OF t", "t", ""),
            (
                "SELECT * FROM (a JOIN b ON a.i = b.i) WHERE $1 > $$FROM c$$",
                "a b",
                "",
            ),
            ("REPLACE INTO a VALUES (1); ", "a", "a"),
            ("TRUNCATE TABLE a", "a", "a"),
            ("SELECT 1 FROM dual", "", ""),
            ("SET x = 1", "", ""),
            ("SELECT 'it''s', \"q\" FROM `a``b`", "a`b", ""),
        ] {
            let found = touched(statement);
            let words = |names: &[super::NamedTable]| {
                names
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            assert_eq!(words(&found.tables), tables, "{statement}");
            assert_eq!(words(&found.written), written, "{statement}");
        }
    }
}
