//! Few rows that are updated over and over: transactions wait for each other there, one applier works at them alone, and a data check
//! meets them in motion (MySQL manual, "Table I/O and Lock Wait Summary Tables"). No counter names a key; updates for each row do.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.load.hot_keys",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "P6", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables whose rows are updated over and over",
        remedy: "spread a counter over several rows, or keep it elsewhere: each commit waits longer for its log on Aurora, and the next one for its row",
    },
    look,
};

/// Updates from which on a table counts.
const ENOUGH: u64 = 10_000;

/// Updates of each row, averaged, from which on its rows are hot.
const OFTEN: u64 = 100;

fn look(facts: &Facts) -> Looked {
    let counted = facts.hot.known()?;
    let hot = facts.base_tables()?.filter_map(|table| {
        let counters = counted.iter().find(|counters| counters.table == table.name)?;
        let each = counters.updates.checked_div(table.rows)?;
        (counters.updates >= ENOUGH && each >= OFTEN).then(|| {
            Hit::new(
                table.name.to_string(),
                format!(
                    "{} updates of about {} rows since the counters began: {each} of each row, averaged",
                    counters.updates, table.rows
                ),
            )
        })
    });
    Ok(hot.collect())
}
