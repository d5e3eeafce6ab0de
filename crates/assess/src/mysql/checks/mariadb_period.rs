//! MySQL has neither PERIOD FOR nor WITHOUT OVERLAPS (MariaDB documentation, "Application-Time Periods").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::{has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.mariadb.period",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "tables with application periods",
        remedy: "keep the two columns, drop the period, and let the application see to overlaps",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts.definitions.known()?.iter().filter_map(|(table, text)| {
        let words = words(text);
        let what = match () {
            () if has_run(&words, &["WITHOUT", "OVERLAPS"]) => "a key WITHOUT OVERLAPS",
            () if has_run(&words, &["PERIOD", "FOR"])
                && !has_run(&words, &["PERIOD", "FOR", "SYSTEM_TIME"]) =>
            {
                "PERIOD FOR"
            }
            () => return None,
        };
        Some(Hit::new(table.to_string(), format!("it has {what}")))
    });
    Ok(found.collect())
}
