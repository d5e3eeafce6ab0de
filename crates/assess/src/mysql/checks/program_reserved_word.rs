//! A body is parsed again when it is made on the newer server, and a bare name that became reserved is a syntax error
//! (MySQL Shell, `routineSyntax`; Aurora prechecks `routineSyntaxCheck`, `depreciatedSyntaxCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Kind};
use crate::mysql::reserved;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.reserved_word",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "routines, triggers and events that use a new reserved word as a name",
        remedy: "write the name in backticks in the body",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // Views are printed with all names in backticks.
    let written = facts.programs()?.filter(|program| program.kind != Kind::View);
    Ok(written
        .filter_map(|program| {
            let all = words(&program.body);
            let (word, version) = all.iter().enumerate().find_map(|(at, word)| {
                let version = (word.kind == crate::mysql::words::Kind::Bare)
                    .then(|| reserved::reserved(facts, word.text))??;
                let before = at.checked_sub(1).and_then(|before| all.get(before));
                let after = all.get(at + 1);
                is_name(
                    facts,
                    word.text,
                    before.map(|word| word.text),
                    after.map(|word| word.text),
                )
                .then_some((word.text, version))
            })?;
            Some(Hit::new(
                program.object(),
                format!("it uses `{word}`, a reserved word since {version}, as a name"),
            ))
        })
        .collect())
}

/// Whether a word is used as a name, by what stands beside it: after a point any word may be one, and these are used in
/// syntax that older servers have too.
fn is_name(facts: &Facts, word: &str, before: Option<&str>, after: Option<&str>) -> bool {
    let is = |text: Option<&str>, any: &[&str]| {
        text.is_some_and(|text| any.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    if is(before, &["."]) || is(after, &["("]) && !is(before, &["FROM", "INTO", "JOIN", "TABLE", "UPDATE"]) {
        return false;
    }
    match word.to_uppercase().as_str() {
        "FULL" => !is(before, &["SHOW"]),
        "FUNCTION" => !is(before, &["DROP", "CREATE", "SHOW", "ALTER", "ON"]),
        "GET" => !is(after, &["DIAGNOSTICS", "CURRENT", "STACKED"]),
        "PARTITION" => {
            let alters = [
                "DROP",
                "ADD",
                "REORGANIZE",
                "TRUNCATE",
                "ANALYZE",
                "EXCHANGE",
                "(",
                ",",
            ];
            !is(before, &alters) && !is(after, &["BY"])
        }
        "EMPTY" => !is(before, &["ON"]),
        // Syntax of MariaDB's own, most of which MySQL 8.0 has in the same form.
        "OVER" | "ROWS" | "WINDOW" | "RECURSIVE" | "EXCEPT" | "INTERSECT" | "OF" | "SYSTEM" | "GENERATED"
        | "VIRTUAL" | "STORED"
            if facts.is_maria_db() =>
        {
            false
        }
        "ROW" => !facts.is_maria_db() && !is(before, &["EACH", "="]),
        _ => true,
    }
}
