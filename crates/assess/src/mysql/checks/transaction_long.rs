//! An open transaction keeps history and locks: a load waits for it, and a pause does (MySQL manual, "Purge
//! Configuration").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.transaction.long",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "F5"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "transactions that have been open for long",
        remedy: "ask whose it is, and end it before the load",
    },
    look,
};

/// From how many seconds on it is long.
const LONG: u64 = 300;

fn look(facts: &Facts) -> Looked {
    let long = facts
        .transactions
        .known()?
        .iter()
        .filter(|open| open.seconds >= LONG);
    Ok(long
        .map(|open| {
            Hit::new(
                format!("connection {}", open.thread),
                format!("its transaction is open for {} s", open.seconds),
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // No test waits for five minutes.
    #[test]
    fn a_long_transaction_is_found() {
        for (seconds, found) in [(299, 0), (300, 1)] {
            let facts = Facts {
                transactions: sample::open(seconds),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{seconds}");
        }
    }
}
