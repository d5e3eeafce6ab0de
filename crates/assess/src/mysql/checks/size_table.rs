//! A table of Aurora MySQL holds 64 TiB at most (Aurora User Guide, "Quotas and constraints for Amazon Aurora").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.size.table",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P5", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables near or beyond what Aurora holds in one",
        remedy: "trim the table, or split it, before the move",
    },
    look,
};

/// The largest table, in bytes.
const LIMIT: u64 = 64 << 40;

fn look(facts: &Facts) -> Looked {
    let large = facts.base_tables()?.filter(|table| table.bytes > LIMIT / 4 * 3);
    Ok(large
        .map(|table| {
            Hit::new(
                table.name.to_string(),
                format!("about {} GiB of {} GiB", table.bytes >> 30, LIMIT >> 30),
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // No server here holds 48 TiB.
    #[test]
    fn a_table_near_the_limit_is_found() {
        for (bytes, found) in [(1 << 40, 0), (63 << 40, 1)] {
            let facts = Facts {
                tables: sample::tables(bytes),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{bytes}");
        }
    }
}
