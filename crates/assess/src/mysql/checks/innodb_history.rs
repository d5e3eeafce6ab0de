//! History is read by every consistent read and has to be purged by the upgrade: keep it under 100,000 (Aurora User
//! Guide, "Upgrading the major version of an Aurora MySQL DB cluster"; Aurora precheck
//! `auroraUpgradeCheckForRollbackSegmentHistoryLength`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.innodb.history",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "much history that purge has not removed",
        remedy: "end what holds it, and wait until it is short, before a snapshot or an upgrade",
    },
    look,
};

/// From here on Amazon asks to wait.
const LONG: u64 = 100_000;

fn look(facts: &Facts) -> Looked {
    let long = facts.history.known()?.iter().filter(|length| **length > LONG);
    Ok(long
        .map(|length| Hit::new("history list", format!("{length} undo records wait for purge")))
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // So much history takes a server here longer to make than all other tests.
    #[test]
    fn a_long_history_is_found() {
        for (length, found) in [(100_000, 0), (100_001, 1)] {
            let facts = Facts {
                history: sample::history(length),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{length}");
        }
    }
}
