//! Definitions that are the same text on two servers exactly when the objects are the same, whatever version prints them.
//!
//! Neutralised: display widths of integers, `utf8` for `utf8mb3`, character sets and collations printed or implied (the
//! catalog's are used), quoted or bare defaults, `DEFAULT NULL`, default index types, default foreign-key actions, and in
//! expressions character-set introducers and parentheses that change nothing, which servers add as they see fit.

use std::collections::BTreeSet;

use daybreak_model::TableName;

use super::super::quote;
use super::create_table::{Item, ItemKind};
use super::spelling::{closing, joined, spelled};
use super::tokens::{Kind, Token, tokens};
use crate::grouping::{Grammar, without_noise};

const INTEGERS: [&str; 6] = ["tinyint", "smallint", "mediumint", "int", "bigint", "year"];

/// Operators in the order of the documentation's table of precedence ("Operator Precedence"), which says the same of comparisons and
/// of LIKE and IN: comparisons may stand in a row and are read from the left, the others are each a part of one.
const GRAMMAR: Grammar = Grammar {
    operators: &[
        (":=", 0),
        ("or", 1),
        ("||", 1),
        ("xor", 2),
        ("and", 3),
        ("&&", 3),
        ("between", 5),
        ("=", 6),
        ("<=>", 6),
        (">=", 6),
        (">", 6),
        ("<=", 6),
        ("<", 6),
        ("<>", 6),
        ("is", 6),
        ("like", 7),
        ("escape", 7),
        ("sounds", 7),
        ("regexp", 7),
        ("rlike", 7),
        ("in", 7),
        ("member", 7),
        ("|", 8),
        ("&", 9),
        ("<<", 10),
        (">>", 10),
        ("-", 11),
        ("+", 11),
        ("*", 12),
        ("/", 12),
        ("div", 12),
        ("%", 12),
        ("^", 13),
        ("collate", 16),
        ("->", 21),
        ("->>", 21),
    ],
    prefixes: &[
        ("not", 4),
        ("-", 14),
        ("~", 14),
        ("!", 15),
        ("binary", 16),
        ("interval", 21),
    ],
    others: 0,
    from_left: &[1, 2, 3, 6, 8, 9, 10, 11, 12, 13],
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
        "on",
        "as",
        "union",
        "all",
        "except",
        "intersect",
        "join",
        "straight_join",
        "inner",
        "left",
        "right",
        "cross",
        "outer",
        "natural",
        "when",
        "then",
        "else",
        "with",
        "recursive",
        "rollup",
        "window",
        "partition",
        "asc",
        "desc",
        "separator",
        "for",
        "lock",
        "check",
        "default",
        "stored",
        "virtual",
        "comment",
    ],
    callers: &["in", "values", "using"],
    joins_tell: true,
};

/// Default collations that some servers print and others imply.
const DEFAULT_COLLATIONS: [(&str, &str); 8] = [
    ("ascii", "ascii_general_ci"),
    ("binary", "binary"),
    ("latin1", "latin1_swedish_ci"),
    ("ucs2", "ucs2_general_ci"),
    ("utf16", "utf16_general_ci"),
    ("utf32", "utf32_general_ci"),
    ("utf8mb3", "utf8mb3_general_ci"),
    ("utf8mb4", "utf8mb4_0900_ai_ci"),
];

/// A column: its entry, and the character set and collation the catalog gives it.
pub(crate) fn column(item: &Item<'_>, collation: Option<&str>) -> String {
    column_words(item, collation).join(" ")
}

/// The words of a column; a check that stands with it is the last of them, after a line's end.
pub(super) fn column_words(item: &Item<'_>, collation: Option<&str>) -> Vec<String> {
    let mut words = plain(&item.tokens);
    drop_pair(&mut words, "character set");
    drop_pair(&mut words, "charset");
    drop_pair(&mut words, "collate");
    for (long, short) in [("generated always as", "as"), ("persistent", "stored")] {
        replace(&mut words, long, short);
    }
    let invisible = remove(&mut words, "invisible");
    let check = words
        .iter()
        .position(|word| word == "check")
        .map(|at| words.split_off(at));
    if words.iter().any(|word| word == "as") {
        words = expression_words(words);
    } else {
        default(&mut words);
    }
    if let Some(collation) = collation {
        words.push(format!("collate {}", utf8mb3(collation)));
    }
    if invisible {
        words.push("invisible".to_owned());
    }
    if let Some(check) = check {
        words.push(format!("\n{}", expression(&check)));
    }
    words
}

/// The default in one form: text, or an expression.
fn default(words: &mut Vec<String>) {
    let not_null = words.windows(2).any(|pair| pair == ["not", "null"]);
    if let Some(at) = words.iter().position(|word| word == "default") {
        if words.get(at + 1).is_some_and(|word| word == "null") {
            words.drain(at..at + 2);
        } else if words.get(at + 1).is_some_and(|word| word == "-") && words.len() > at + 2 {
            let number = format!("'-{}'", words[at + 2]);
            words.splice(at + 1..at + 3, [number]);
        } else if words
            .get(at + 1)
            .is_some_and(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        {
            words[at + 1] = format!("'{}'", words[at + 1]);
        } else if words
            .get(at + 1)
            .is_some_and(|word| !word.starts_with(['\'', '"']))
        {
            // An expression; where it ends is not looked for, because no parentheses come after it.
            let expression = expression_words(words.split_off(at));
            words.extend(expression);
        }
    }
    for function in ["current_timestamp", "now"] {
        while let Some(at) = words
            .windows(3)
            .position(|three| three[0] == function && three[1] == "(" && three[2] == ")")
        {
            words.drain(at + 1..at + 3);
        }
    }
    if !not_null && let Some(at) = words.iter().position(|word| word == "null") {
        words.remove(at);
    }
}

/// A key, index or foreign key.
pub(crate) fn key(item: &Item<'_>) -> String {
    let mut words = plain(&item.tokens);
    for noise in [
        "using btree",
        "on delete restrict",
        "on update restrict",
        "on delete no action",
        "on update no action",
    ] {
        replace(&mut words, noise, "");
    }
    if item.kind == ItemKind::ForeignKey {
        return words.join(" ");
    }
    words.retain(|word| !is_introducer(word));
    words.join(" ").replace("( (", "(").replace(") )", ")")
}

/// A check. Names that servers make up are left out.
pub(crate) fn check(item: &Item<'_>, table: &str) -> String {
    let made_up = item.name.starts_with("CONSTRAINT_") || item.name.starts_with(&format!("{table}_chk_"));
    let mut words = plain(&item.tokens);
    let start = words.iter().position(|word| word == "check").unwrap_or(0);
    words.drain(..start);
    // MySQL says so of a number that is asked whether it is true; in a check nothing else is asked.
    replace(&mut words, "0 < >", "");
    let text = expression(&words);
    if made_up || item.name.is_empty() {
        text
    } else {
        format!("{text} named {}", item.name)
    }
}

/// Options and partitions.
pub(crate) fn options(tail: &str, collation: &str) -> String {
    let all = tokens(tail);
    let partition = all.iter().position(|token| token.is_word("PARTITION"));
    let (options, partitions) = all.split_at(partition.unwrap_or(all.len()));
    let mut words = plain(options);
    words.retain(|word| word != "=");
    replace(&mut words, "default charset", "charset");
    replace(&mut words, "default character set", "charset");
    for name in [
        "charset",
        "collate",
        "auto_increment",
        "page_checksum",
        "transactional",
        "stats_persistent",
    ] {
        drop_pair(&mut words, name);
    }
    replace(&mut words, "engine aria", "engine innodb");
    let mut text = format!("{} collate {}", words.join(" "), utf8mb3(collation));
    if !partitions.is_empty() {
        let words = partitions.iter().map(|token| match token.name() {
            Some(name) => name.to_lowercase(),
            None => token.text().to_lowercase(),
        });
        let words: Vec<_> = words.filter(|word| word != "=").collect();
        text.push('\n');
        text.push_str(&partitioned(words).join(" "));
    }
    text
}

/// Partitions without parentheses, but for those that an expression needs.
fn partitioned(words: Vec<String>) -> Vec<String> {
    let mut flat = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let by_expression = ["range", "list", "hash"].contains(&words[at].as_str());
        if by_expression && let Some(end) = closing(&words, at + 1) {
            flat.push(words[at].clone());
            // After a word that ends an expression its parentheses go.
            let mut expression = vec!["by".to_owned()];
            expression.extend_from_slice(&words[at + 1..=end]);
            flat.extend(expression_words(expression).into_iter().skip(1));
            at = end;
        } else if words[at] != "(" && words[at] != ")" {
            flat.push(words[at].clone());
        }
        at += 1;
    }
    flat
}

/// A view, routine, trigger or event.
pub(crate) fn statement(text: &str) -> String {
    let mut words = plain(&tokens(text));
    for (charset, collation) in DEFAULT_COLLATIONS {
        let (long, short) = (
            format!("charset {charset} collate {collation}"),
            format!("charset {charset}"),
        );
        replace(&mut words, &long, &short);
    }
    words.join(" ")
}

/// A statement a server reprints from what it parsed: a view. `reads` are the tables that it reads from.
pub(crate) fn reprinted(text: &str, reads: &BTreeSet<TableName>) -> String {
    let mut words = plain(&tokens(text));
    // Of a column's full name some print the database and some do not; only where two databases have such a table does it say
    // something.
    let twice = |name: &str| {
        reads
            .iter()
            .filter(|table| quote::name(&table.name) == name)
            .count()
            > 1
    };
    let is_name = |word: &String| word.starts_with('`');
    let full = |five: &[String]| {
        five[1] == "." && five[3] == "." && five.iter().step_by(2).all(is_name) && !twice(&five[2])
    };
    while let Some(at) = words.windows(5).position(full) {
        words.drain(at..at + 2);
    }
    let mut words = expression_words(words);
    // MariaDB prints the name of a common table expression bare.
    for word in &mut words {
        let bare = word.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        if let Some(bare) = bare.filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        }) {
            *word = bare.to_owned();
        }
    }
    words.join(" ")
}

fn expression(words: &[String]) -> String {
    expression_words(words.to_vec()).join(" ")
}

fn expression_words(words: Vec<String>) -> Vec<String> {
    let mut words = spelled(words);
    words.retain(|word| !is_introducer(word));
    without_noise(&joined(words), &GRAMMAR)
}

/// `_utf8mb4` before a string.
fn is_introducer(word: &str) -> bool {
    matches!(
        word,
        "_utf8mb4" | "_utf8" | "_utf8mb3" | "_latin1" | "_binary" | "_ascii"
    )
}

/// Words in lower case, names and strings as they are, integer widths dropped.
fn plain(all: &[Token<'_>]) -> Vec<String> {
    let mut words: Vec<String> = Vec::with_capacity(all.len());
    let mut index = 0;
    while let Some(token) = all.get(index) {
        index += 1;
        if token.kind != Kind::Word {
            words.push(token.text.to_owned());
            continue;
        }
        let word = utf8mb3(&token.text.to_lowercase());
        let width = match all.get(index..index + 3) {
            Some([open, width, close]) if open.is_symbol("(") && close.is_symbol(")") => Some(width.text),
            _ => None,
        };
        if INTEGERS.contains(&word.as_str())
            && let Some(width) = width
        {
            let filled = all[index..].iter().take(8).any(|token| token.is_word("zerofill"));
            let means_boolean = word == "tinyint" && width == "1";
            if !(filled || means_boolean) {
                index += 3;
            }
        }
        words.push(word);
    }
    words
}

/// One spelling for the three-byte form of UTF-8 and its collations.
pub(crate) fn utf8mb3(word: &str) -> String {
    match word.strip_prefix("utf8") {
        Some("") => "utf8mb3".to_owned(),
        Some(rest) if rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => word.to_owned(),
    }
}

/// Removes `name` with the word after it, wherever it stands. `name` may be two words.
fn drop_pair(words: &mut Vec<String>, name: &str) {
    let parts: Vec<_> = name.split(' ').collect();
    while let Some(at) = words.windows(parts.len()).position(|window| window == parts) {
        let end = (at + parts.len() + 1).min(words.len());
        words.drain(at..end);
    }
}

/// Replaces a run of words.
fn replace(words: &mut Vec<String>, from: &str, to: &str) {
    let parts: Vec<_> = from.split(' ').collect();
    while let Some(at) = words.windows(parts.len()).position(|window| window == parts) {
        let with = to.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
        words.splice(at..at + parts.len(), with.collect::<Vec<_>>());
    }
}

/// Removes a word; whether it was there.
fn remove(words: &mut Vec<String>, word: &str) -> bool {
    let before = words.len();
    words.retain(|candidate| candidate != word);
    words.len() != before
}

#[cfg(test)]
mod tests {
    use super::super::create_table::parse;

    fn column(text: &str, collation: Option<&str>) -> String {
        let statement = format!("CREATE TABLE `t` ({text}) ENGINE=InnoDB");
        super::column(&parse(&statement).expect("a statement").items[0], collation)
    }

    fn reprinted(text: &str) -> String {
        super::reprinted(text, &super::super::views::tables_of(text))
    }

    #[test]
    fn versions_print_the_same_column_differently() {
        for (left, right, collation) in [
            (
                "`a` int(11) NOT NULL DEFAULT '0'",
                "`a` int NOT NULL DEFAULT '0'",
                None,
            ),
            ("`a` int(11) DEFAULT 0", "`a` int DEFAULT '0'", None),
            (
                "`a` decimal(5,2) DEFAULT -1.50",
                "`a` decimal(5,2) DEFAULT '-1.50'",
                None,
            ),
            ("`a` text DEFAULT NULL", "`a` text", Some("latin1_bin")),
            ("`a` timestamp NULL DEFAULT NULL", "`a` timestamp NULL", None),
            (
                "`a` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
                "`a` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
                None,
            ),
            (
                "`a` varchar(9) CHARACTER SET utf8 COLLATE utf8_bin NOT NULL",
                "`a` varchar(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL",
                Some("utf8_bin"),
            ),
            (
                "`a` varchar(9) DEFAULT ucase(`b`)",
                "`a` varchar(9) DEFAULT (upper(`b`))",
                None,
            ),
            (
                "`a` int(11) DEFAULT `b` MOD 3 COMMENT '(x)'",
                "`a` int DEFAULT ((`b` % 3)) COMMENT '(x)'",
                None,
            ),
            (
                "`a` int(11) GENERATED ALWAYS AS (`b` + 1) PERSISTENT",
                "`a` int GENERATED ALWAYS AS ((`b` + 1)) STORED",
                None,
            ),
            (
                "`a` int(11) INVISIBLE DEFAULT NULL",
                "`a` int DEFAULT NULL /*!80023 INVISIBLE */",
                None,
            ),
        ] {
            assert_eq!(column(left, collation), column(right, collation), "{left}");
        }
    }

    #[test]
    fn versions_print_the_same_view_differently() {
        let bare = "VIEW `s`.`v` AS with recursive c as (select 1 AS `n` union all select `c`.`n` + 1 AS `n+1` from `c`) select `c`.`n` from `c`";
        let quoted = "VIEW `s`.`v` AS with recursive `c` as (select 1 AS `n` union all select (`c`.`n` + 1) AS `n+1` from `c`) select `c`.`n` from `c`";
        assert_eq!(reprinted(bare), reprinted(quoted));
        assert_ne!(reprinted(bare), reprinted(&quoted.replace("`n+1`", "`n-1`")));
        for (full, sparing) in [
            (
                "VIEW `s`.`v` AS select ((`t`.`a` + 1) * `t`.`b`) AS `c` from (`s`.`t` join `s`.`u` on((`t`.`a` = `u`.`a`))) where ((`t`.`a` > 1) and (not((`t`.`b` = 2))))",
                "VIEW `s`.`v` AS select (`t`.`a` + 1) * `t`.`b` AS `c` from (`s`.`t` join `s`.`u` on(`t`.`a` = `u`.`a`)) where `t`.`a` > 1 and !(`t`.`b` = 2)",
            ),
            (
                "VIEW `s`.`v` AS select (`t`.`d` + interval (`t`.`a` + 1) day) AS `c` from `s`.`t` where (`t`.`a` between (1 + 2) and 4)",
                "VIEW `s`.`v` AS select `t`.`d` + interval `t`.`a` + 1 day AS `c` from `s`.`t` where `t`.`a` between 1 + 2 and 4",
            ),
            (
                "VIEW `s`.`v` AS select (case when (`t`.`a` = 1) then (`t`.`b` + 1) else -(1) end) AS `c` from `s`.`t`",
                "VIEW `s`.`v` AS select case when `t`.`a` = 1 then `t`.`b` + 1 else -1 end AS `c` from `s`.`t`",
            ),
        ] {
            assert_eq!(reprinted(full), reprinted(sparing));
        }
    }

    #[test]
    fn views_that_mean_other_things_stay_two() {
        for (one, other) in [
            (
                "VIEW `s`.`v` AS select ((`t`.`a` + 1) * 2) AS `c` from `s`.`t`",
                "VIEW `s`.`v` AS select (`t`.`a` + (1 * 2)) AS `c` from `s`.`t`",
            ),
            (
                "VIEW `s`.`v` AS select `t`.`a` AS `a` from `s`.`t` where ((`t`.`a` = 1) and ((`t`.`b` = 2) or (`t`.`b` = 3)))",
                "VIEW `s`.`v` AS select `t`.`a` AS `a` from `s`.`t` where (((`t`.`a` = 1) and (`t`.`b` = 2)) or (`t`.`b` = 3))",
            ),
            (
                "VIEW `s`.`v` AS select `t`.`a` AS `a` from (`s`.`t` join `s`.`u`)",
                "VIEW `s`.`v` AS select `u`.`a` AS `a` from (`s`.`t` join `s`.`u`)",
            ),
            (
                "VIEW `s`.`v` AS select `s`.`t`.`a` AS `a` from (`s`.`t` join `r`.`t`)",
                "VIEW `s`.`v` AS select `r`.`t`.`a` AS `a` from (`s`.`t` join `r`.`t`)",
            ),
            (
                "VIEW `s`.`v` AS select (!`t`.`a`) = 1 AS `a` from `s`.`t`",
                "VIEW `s`.`v` AS select !(`t`.`a` = 1) AS `a` from `s`.`t`",
            ),
        ] {
            assert_ne!(reprinted(one), reprinted(other), "{one}");
        }
    }

    #[test]
    fn parentheses_that_matter_stay_in_tables() {
        for (one, other) in [
            ("`a` int AS ((`b` + 1) * 2)", "`a` int AS (`b` + 1 * 2)"),
            ("`a` int DEFAULT ((`b` + 1) * 2)", "`a` int DEFAULT (`b` + 1 * 2)"),
            ("`a` int CHECK ((`b` + 1) * 2)", "`a` int CHECK (`b` + 1 * 2)"),
        ] {
            assert_ne!(column(one, None), column(other, None), "{one}");
        }
        let options = |expression: &str| {
            super::options(
                &format!("ENGINE=InnoDB PARTITION BY HASH ({expression}) PARTITIONS 4"),
                "binary",
            )
        };
        assert_ne!(options("(a + 1) * 2"), options("a + 1 * 2"));
        assert_eq!(options("(`a` + 1)"), options("a + 1"));
    }

    #[test]
    fn differences_that_matter_stay() {
        for (left, right) in [
            ("`a` int NOT NULL", "`a` int"),
            ("`a` tinyint(1)", "`a` tinyint"),
            ("`a` int unsigned", "`a` int"),
            ("`a` int(5) unsigned zerofill", "`a` int(6) unsigned zerofill"),
            ("`a` int DEFAULT '0'", "`a` int DEFAULT '1'"),
            ("`a` varchar(9)", "`a` varchar(8)"),
            ("`a` int COMMENT 'x'", "`a` int COMMENT 'y'"),
        ] {
            assert_ne!(column(left, None), column(right, None), "{left}");
        }
    }
}
