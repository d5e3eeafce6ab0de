//! Every change is a log record that Aurora's storage must acknowledge in two zones of three: a small table that takes
//! thousands of changes a second is bound by that. Rates are means since the statistics were last reset.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.write_hot",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P6", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables that are written very often",
        remedy: "measure the write rate on the instance class that is meant before the move; spread the writes over partitions or several rows",
    },
    include_str!("table_write_hot.sql"),
)
.judged_by(judge);

/// Changes of a table in a second, from which on it is hot.
const HOT: u64 = 1000;

/// Table, changes, seconds in which they were made, rows.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let hot = rows.into_iter().filter_map(|row| {
        let [table, changes, seconds, live] = <[Option<String>; 4]>::try_from(row).ok()?;
        let (changes, seconds): (u64, u64) = (changes?.parse().ok()?, seconds?.parse().ok()?);
        let rate = changes / seconds.max(1);
        let hit = Hit::new(table?, format!("{rate} changes a second; {} rows", live?));
        (rate >= HOT).then_some(hit)
    });
    hot.collect()
}
