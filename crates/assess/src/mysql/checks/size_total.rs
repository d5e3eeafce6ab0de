//! A cluster volume holds 256 TiB since Aurora MySQL 3.10, and 128 TiB before (Aurora User Guide, "Quotas and
//! constraints for Amazon Aurora").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.size.total",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P5", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "more data than a cluster volume holds",
        remedy: "trim the data, or part them over several clusters, before the move",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let tebibytes: u64 = if facts.target.community >= Version::new(8, 0, 42) {
        256
    } else {
        128
    };
    let limit = tebibytes << 40;
    let total: u64 = facts.base_tables()?.map(|table| table.bytes).sum();
    Ok((total > limit / 4 * 3)
        .then(|| {
            Hit::new(
                "all tables",
                format!("about {} GiB of {} GiB", total >> 30, limit >> 30),
            )
        })
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // No server here holds 192 TiB.
    #[test]
    fn a_server_near_the_limit_is_found() {
        for (bytes, found) in [(1 << 40, 0), (200 << 40, 1)] {
            let facts = Facts {
                tables: sample::tables(bytes),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{bytes}");
        }
    }
}
