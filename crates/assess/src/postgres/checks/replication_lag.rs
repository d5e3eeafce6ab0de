//! pg_stat_replication tells how far each standby and subscriber has come (manual, "Monitoring Database Activity").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Need, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.lag",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "standbys that are far behind",
        remedy: "see why before the load, which adds to what they have to take in",
    },
    include_str!("replication_lag.sql"),
)
.needing(&[Need::Statistics])
.judged_by(judge);

/// Bytes of WAL, and seconds, beyond which a standby is far behind.
const FAR: (u64, u64) = (1 << 30, 30);

/// Standby, bytes of WAL that it has not applied, and seconds since it lagged so.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let far = rows.into_iter().filter_map(|row| {
        let [standby, bytes, seconds] = <[Option<String>; 3]>::try_from(row).ok()?;
        let (bytes, seconds): (u64, u64) = (bytes?.parse().ok()?, seconds?.parse().ok()?);
        let hit = Hit::new(
            standby?,
            format!("{} MiB of WAL and {seconds} s behind", bytes >> 20),
        );
        (bytes > FAR.0 || seconds > FAR.1).then_some(hit)
    });
    far.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// A standby that far behind takes a test too long to make.
    #[test]
    fn far_is_a_gibibyte_or_half_a_minute() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        for (bytes, seconds, found) in [
            ("0", "0", 0),
            ("1073741824", "30", 0),
            ("1073741825", "0", 1),
            ("0", "31", 1),
        ] {
            let row = ["walreceiver at 10.0.0.1", bytes, seconds].map(|value| Some(value.to_owned()));
            assert_eq!(
                judge(&subject, vec![row.to_vec()]).len(),
                found,
                "{bytes} bytes, {seconds} s"
            );
        }
    }
}
