//! No check without a test.

use std::collections::BTreeSet;

use daybreak_assess::{Crossing, Engine, all_checks};

use crate::ground::Planted;
use crate::{maria_db, new, old, silent};

/// Checks of what no server here can be made to hold: each has a test of its look over made-up facts in its own file, with
/// the reason beside it.
const PURE: &[&str] = &[
    "mysql.account.invalid_privilege",
    "mysql.cluster.galera",
    "mysql.index.too_large",
    "mysql.innodb.history",
    "mysql.load.write_rate",
    "mysql.physical.log_files",
    "mysql.physical.memcached",
    "mysql.physical.product",
    "mysql.physical.system_file",
    "mysql.physical.version",
    "mysql.size.growth",
    "mysql.size.many_tables",
    "mysql.size.table",
    "mysql.size.total",
    "mysql.transaction.long",
    "mysql.view.column_name",
];

fn ids() -> Vec<&'static str> {
    let ours = all_checks()
        .into_iter()
        .filter(|about| !about.engines.contains(&Engine::Postgresql));
    ours.map(|about| about.id).collect()
}

#[test]
fn every_check_is_planted_or_tested_by_itself() {
    let planted: [&[Planted]; 6] = [
        old::PLANTED,
        new::PLANTED,
        new::PLANTED_FOR_57,
        new::HELD,
        maria_db::PLANTED,
        silent::PLANTED,
    ];
    let named: BTreeSet<&str> = planted
        .into_iter()
        .flatten()
        .map(|(id, ..)| *id)
        .chain(PURE.iter().copied())
        .collect();
    let ids: BTreeSet<&str> = ids().into_iter().collect();
    // Those of audits have a table of their own.
    let audits: BTreeSet<&str> = all_checks()
        .iter()
        .filter(|about| about.crossing == Crossing::Audit)
        .map(|about| about.id)
        .collect();
    let untested: Vec<_> = ids
        .difference(&named)
        .filter(|id| !audits.contains(*id))
        .collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
    let unknown: Vec<_> = named.difference(&ids).collect();
    assert!(unknown.is_empty(), "no check has the id {unknown:?}");
}

#[test]
fn ids_are_unique_and_there_are_enough() {
    let ids = ids();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "an id is used twice");
    assert!(ids.len() >= 110, "{}", ids.len());
    for id in ids {
        assert!(
            id.starts_with("mysql.")
                && id
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || ".-_0123456789".contains(c)),
            "{id}"
        );
    }
}

#[test]
fn the_page_about_others_names_checks_that_there_are() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    let text = std::fs::read_to_string(page).unwrap();
    let named: BTreeSet<&str> = text
        .split('`')
        .filter(|part| part.starts_with("mysql.") && *part != "mysql.host")
        .collect();
    assert!(named.len() > 40, "{named:?}");
    let ids: BTreeSet<&str> = ids().into_iter().collect();
    let unknown: Vec<_> = named.difference(&ids).collect();
    assert!(unknown.is_empty(), "no check has the id {unknown:?}");
}
