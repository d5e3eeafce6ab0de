//! What a table gains in a day, by the rows that were put into it and taken out since its database's statistics were last reset (manual,
//! "The Cumulative Statistics System") and by how large its rows are on average, indexes included.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.growth",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P5", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "tables that would double within a year",
        remedy: "plan storage for it, and trim what nobody needs before the move: what is not there need not be copied",
    },
    include_str!("table_growth.sql"),
)
.judged_by(judge);

/// Bytes in a day from which on growth matters.
const MUCH: u64 = 1 << 30;

/// Seconds from which on an average says something.
const DAY: u64 = 86_400;

/// Table, rows gained, seconds in which they were, bytes, rows.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let grown = rows.into_iter().filter_map(|row| {
        let [table, gained, seconds, bytes, rows] = <[Option<String>; 5]>::try_from(row).ok()?;
        let number = |text: Option<String>| text?.parse::<u64>().ok();
        let (gained, seconds, bytes) = (number(gained)?, number(seconds)?, number(bytes)?);
        let row = bytes.checked_div(number(rows)?)?;
        if seconds < DAY {
            return None;
        }
        let daily = gained.saturating_mul(row).saturating_mul(DAY) / seconds;
        let in_a_year = bytes.saturating_add(daily.saturating_mul(365));
        let hit = Hit::new(
            table?,
            format!(
                "some {} MiB a day, averaged over {} day(s); about {} GiB now, {} GiB in a year",
                daily >> 20,
                seconds / DAY,
                bytes >> 30,
                in_a_year >> 30
            ),
        );
        (daily >= MUCH && in_a_year >= 2 * bytes).then_some(hit)
    });
    grown.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// No test writes for a day.
    #[test]
    fn a_table_that_doubles_within_a_year_is_found() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        // A million rows of about 100 KiB each.
        for (gained, seconds, found) in [
            ("20000", "86400", 1),
            ("20000", "864000", 0),
            ("20000", "3600", 0),
            ("200", "86400", 0),
        ] {
            let row = ["s.orders", gained, seconds, "107374182400", "1000000"];
            let row = row.map(|value| Some(value.to_owned())).to_vec();
            assert_eq!(judge(&subject, vec![row]).len(), found, "{gained} in {seconds} s");
        }
    }
}
