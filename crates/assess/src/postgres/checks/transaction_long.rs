//! Making a logical slot waits for the transactions that run (manual, "Logical Decoding"); VACUUM cleans nothing that
//! an open one may see.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Need, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.transaction.long",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4", "F5"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "transactions that have been open for long",
        remedy: "end it before the load: a new replication slot waits for every transaction that was open when it was asked for",
    },
    include_str!("transaction_long.sql"),
)
.needing(&[Need::Statistics])
.judged_by(judge);

/// Seconds from which on a transaction is long.
const LONG: u64 = 300;

/// Session, seconds since its transaction began, and state.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let long = rows.into_iter().filter_map(|row| {
        let [session, seconds, state] = <[Option<String>; 3]>::try_from(row).ok()?;
        let seconds: u64 = seconds?.parse().ok()?;
        let hit = Hit::new(session?, format!("open for {seconds} s, {}", state?));
        (seconds >= LONG).then_some(hit)
    });
    long.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// Five minutes are too long for a test to wait.
    #[test]
    fn five_minutes_are_long() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        for (seconds, found) in [("0", 0), ("299", 0), ("300", 1)] {
            let row =
                ["session 7 of app", seconds, "idle in transaction"].map(|value| Some(value.to_owned()));
            assert_eq!(judge(&subject, vec![row.to_vec()]).len(), found, "{seconds} s");
        }
    }
}
