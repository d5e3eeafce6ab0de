//! What a table gains in a day, by the rows that were put into it and taken out since the server started (MySQL manual, "Table I/O and
//! Lock Wait Summary Tables") and by how large its rows are on average.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.size.growth",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P5", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables that would double within a year",
        remedy: "plan storage for it, and trim what nobody needs before the move: what is not there need not be copied",
    },
    look,
};

/// Bytes in a day from which on growth matters.
const MUCH: u64 = 1 << 30;

/// Seconds from which on an average says something.
const DAY: u64 = 86_400;

fn look(facts: &Facts) -> Looked {
    let seconds = facts.status.known()?.number("uptime").unwrap_or(0);
    if seconds < DAY {
        return Ok(Vec::new());
    }
    let counted = facts.hot.known()?;
    let grown = facts.base_tables()?.filter_map(|table| {
        let counters = counted.iter().find(|counters| counters.table == table.name)?;
        let gained = counters.inserts.saturating_sub(counters.deletes);
        let row = table.bytes.checked_div(table.rows)?;
        let daily = gained.saturating_mul(row).saturating_mul(DAY) / seconds;
        (daily >= MUCH && daily.saturating_mul(365) >= table.bytes).then(|| {
            Hit::new(
                table.name.to_string(),
                format!(
                    "some {} MiB a day, averaged over {} day(s); about {} GiB now, {} GiB in a year",
                    daily >> 20,
                    seconds / DAY,
                    table.bytes >> 30,
                    (table.bytes.saturating_add(daily.saturating_mul(365))) >> 30
                ),
            )
        })
    });
    Ok(grown.collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // No test writes for a day.
    #[test]
    fn a_table_that_doubles_within_a_year_is_found() {
        // A million rows of about 100 KiB each.
        let bytes = 100 << 30;
        for (inserts, deletes, seconds, found) in [
            (20_000, 0, "86400", 1),
            (20_000, 20_000, "86400", 0),
            (20_000, 0, "864000", 0),
            (20_000, 0, "3600", 0),
            (200, 0, "86400", 0),
        ] {
            let facts = Facts {
                tables: sample::tables(bytes),
                hot: sample::counted("orders", inserts, 0, deletes),
                status: sample::variables(&[("uptime", seconds)]),
                ..Facts::mysql(8, 0, 40)
            };
            let hits = super::look(&facts).unwrap();
            assert_eq!(
                hits.len(),
                found,
                "{inserts} less {deletes} in {seconds} s: {hits:?}"
            );
        }
    }
}
