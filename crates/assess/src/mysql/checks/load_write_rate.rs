//! Every write goes through one binary log and one applier with its workers (Aurora User Guide, "Optimizing binary log
//! replication"). The rate is an average since the server started: peaks are higher.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.load.write_rate",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P5", "R2", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "more writes than one replica applies easily",
        remedy: "rehearse with this rate, use parallel appliers (replica_parallel_workers) and a class of 8 cores and more, and shed writes that are not needed",
    },
    look,
};

/// Rows a second, averaged, from which on lag has to be planned for.
const MANY: u64 = 5_000;

fn look(facts: &Facts) -> Looked {
    let status = facts.status.known()?;
    let rows: u64 = [
        "innodb_rows_inserted",
        "innodb_rows_updated",
        "innodb_rows_deleted",
    ]
    .iter()
    .filter_map(|name| status.number(name))
    .sum();
    let seconds = status.number("uptime").unwrap_or(0);
    // An average of minutes says nothing.
    let rate = if seconds >= 3_600 { rows / seconds } else { 0 };
    Ok((rate >= MANY)
        .then(|| {
            Hit::new(
                "write rate",
                format!("{rate} rows a second, averaged over {} h", seconds / 3_600),
            )
        })
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // No test writes for an hour.
    #[test]
    fn a_high_rate_is_found() {
        for (rows, seconds, found) in [
            ("36000000", "3600", 1),
            ("3600000", "3600", 0),
            ("36000000", "60", 0),
        ] {
            let status = sample::variables(&[("innodb_rows_updated", rows), ("uptime", seconds)]);
            let facts = Facts {
                status,
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{rows} in {seconds} s");
        }
    }
}
