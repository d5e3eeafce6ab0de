//! What is written most is locked most and lags most (MySQL manual, "Table I/O and Lock Wait Summary Tables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.load.hot_table",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P5", "P6", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "tables that take most of the writes",
        remedy: "look at these first: trim, archive or part them, and watch their keys in the data check",
    },
    look,
};

/// Writes from which on a share means something.
const ENOUGH: u64 = 10_000;

fn look(facts: &Facts) -> Looked {
    let hot = facts.hot.known()?;
    let total: u64 = hot.iter().map(|table| table.writes).sum();
    let most = hot
        .iter()
        .filter(|table| total >= ENOUGH && table.writes * 2 >= total);
    Ok(most
        .map(|table| {
            let percent = table.writes * 100 / total;
            Hit::new(
                table.table.to_string(),
                format!(
                    "{percent}% of all row writes since the counters began: {}",
                    table.writes
                ),
            )
        })
        .collect())
}
