//! Words that became reserved in MySQL, by the version that did it.
//!
//! Source: the MySQL manuals, "Keywords and Reserved Words".

use daybreak_model::Version;

use super::facts::Facts;

const WORDS: &[(&str, Version)] = &[
    ("GET", Version::new(5, 6, 4)),
    ("IO_AFTER_GTIDS", Version::new(5, 6, 5)),
    ("IO_BEFORE_GTIDS", Version::new(5, 6, 5)),
    ("MASTER_BIND", Version::new(5, 6, 1)),
    ("PARTITION", Version::new(5, 6, 2)),
    ("SQL_AFTER_GTIDS", Version::new(5, 6, 5)),
    ("SQL_BEFORE_GTIDS", Version::new(5, 6, 5)),
    ("GENERATED", Version::new(5, 7, 6)),
    ("OPTIMIZER_COSTS", Version::new(5, 7, 5)),
    ("STORED", Version::new(5, 7, 6)),
    ("VIRTUAL", Version::new(5, 7, 6)),
    ("CUBE", Version::new(8, 0, 1)),
    ("CUME_DIST", Version::new(8, 0, 2)),
    ("DENSE_RANK", Version::new(8, 0, 2)),
    ("EMPTY", Version::new(8, 0, 4)),
    ("EXCEPT", Version::new(8, 0, 0)),
    ("FIRST_VALUE", Version::new(8, 0, 2)),
    ("FUNCTION", Version::new(8, 0, 1)),
    ("GROUPING", Version::new(8, 0, 1)),
    ("GROUPS", Version::new(8, 0, 2)),
    ("JSON_TABLE", Version::new(8, 0, 4)),
    ("LAG", Version::new(8, 0, 2)),
    ("LAST_VALUE", Version::new(8, 0, 2)),
    ("LATERAL", Version::new(8, 0, 14)),
    ("LEAD", Version::new(8, 0, 2)),
    ("NTH_VALUE", Version::new(8, 0, 2)),
    ("NTILE", Version::new(8, 0, 2)),
    ("OF", Version::new(8, 0, 1)),
    ("OVER", Version::new(8, 0, 2)),
    ("PERCENT_RANK", Version::new(8, 0, 2)),
    ("RANK", Version::new(8, 0, 2)),
    ("RECURSIVE", Version::new(8, 0, 1)),
    ("ROW", Version::new(8, 0, 2)),
    ("ROWS", Version::new(8, 0, 2)),
    ("ROW_NUMBER", Version::new(8, 0, 2)),
    ("SYSTEM", Version::new(8, 0, 3)),
    ("WINDOW", Version::new(8, 0, 2)),
    ("FULL", Version::new(8, 0, 31)),
    ("INTERSECT", Version::new(8, 0, 31)),
    ("MANUAL", Version::new(8, 4, 0)),
    ("PARALLEL", Version::new(8, 4, 0)),
    ("QUALIFY", Version::new(8, 4, 0)),
    ("TABLESAMPLE", Version::new(8, 4, 0)),
];

/// The version on the way to the target that reserves this word.
pub(crate) fn reserved(facts: &Facts, word: &str) -> Option<Version> {
    let (_, version) = WORDS
        .iter()
        .find(|(reserved, _)| reserved.eq_ignore_ascii_case(word))?;
    let ahead = facts.is_maria_db() || facts.flavor.version < *version;
    (ahead && *version <= facts.target.community).then_some(*version)
}
