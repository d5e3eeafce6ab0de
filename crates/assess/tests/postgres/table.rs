//! The table of checks itself.

use std::collections::BTreeSet;

use daybreak_assess::{Crossing, Engine, all_checks};

use crate::planted::{PURE, planted};

#[test]
fn every_check_has_a_defect_or_a_pure_decision() {
    let checks = all_checks();
    let ours: Vec<&str> = checks
        .iter()
        .filter(|about| about.engines.contains(&Engine::Postgresql) && about.crossing != Crossing::Audit)
        .map(|about| about.id)
        .collect();
    let ids: BTreeSet<&str> = ours.iter().copied().collect();
    assert_eq!(ids.len(), ours.len(), "ids are unique");
    assert!(ids.len() >= 55, "{} checks", ids.len());
    let planted: BTreeSet<&str> = planted()
        .map(|defect| defect.id)
        .chain(PURE.iter().copied())
        .collect();
    assert_eq!(ids, planted);
}

#[test]
fn checks_say_what_they_are_in_one_voice() {
    for about in all_checks() {
        if !about.engines.contains(&Engine::Postgresql) {
            continue;
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '_';
        assert!(
            about.id.starts_with("postgresql.") && about.id.chars().all(plain),
            "{}",
            about.id
        );
        let row = if about.crossing == Crossing::Audit {
            "D3"
        } else {
            "P1"
        };
        assert!(about.rows.contains(&row), "{}", about.id);
        for words in [about.title, about.remedy] {
            assert!(
                !words.is_empty() && !words.ends_with('.') && !words.contains('\n'),
                "{}: {words}",
                about.id
            );
        }
    }
}
