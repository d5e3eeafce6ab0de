//! Dates whose parts are not divided by `-` and `:` are deprecated since 8.0.29 (MySQL Shell,
//! `deprecatedTemporalDelimiter`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.partition.delimiter",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 29),
        title: "partitions bounded by dates with unusual marks",
        remedy: "write the bound anew, as 2026-11-30 23:59:59",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let unusual = facts.partitions.known()?.iter().filter(|partition| {
        let bounds = words(&partition.description);
        partition.method.contains("COLUMNS")
            && bounds
                .iter()
                .any(|word| word.kind == crate::mysql::words::Kind::Text && is_unusual(word.text))
    });
    Ok(unusual
        .map(|partition| {
            Hit::new(
                format!("{} partition {}", partition.table, partition.name),
                format!("it is bounded by {}", partition.description),
            )
        })
        .collect())
}

/// Whether it is a date of numbers with other marks between them.
fn is_unusual(text: &str) -> bool {
    let is_mark = |c: char| !c.is_ascii_digit();
    let numbers = text.split(is_mark).filter(|part| !part.is_empty()).count();
    let date = text.starts_with(|c: char| c.is_ascii_digit())
        && (3..=7).contains(&numbers)
        && text.split(is_mark).next().is_some_and(|year| year.len() == 4);
    date && text.chars().any(|c| !c.is_ascii_digit() && !"-: .T".contains(c))
        || date && text.contains('.') && !text.contains(':')
}
