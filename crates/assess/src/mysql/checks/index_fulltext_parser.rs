//! Aurora MySQL 2 has no parser plugins and Aurora loads none that is not its own (Aurora User Guide, "Comparing Aurora
//! MySQL version 2 and MySQL 5.7 Community Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.fulltext_parser",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "full-text indexes with a parser of their own",
        remedy: "make the index with the built-in parser, or with ngram where Aurora has it, and compare what searches find",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let parsed = facts.definitions.known()?.iter().filter_map(|(table, text)| {
        let words = words(text);
        let at = words
            .windows(2)
            .position(|pair| pair[0].is("WITH") && pair[1].is("PARSER"))?;
        Some(Hit::new(
            table.to_string(),
            format!("a full-text index WITH PARSER {}", words.get(at + 2)?.text),
        ))
    });
    Ok(parsed.collect())
}
