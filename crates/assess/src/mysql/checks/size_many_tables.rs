//! Every table is opened, made and checked one by one; a failover of Aurora reads the dictionary anew (Aurora User
//! Guide, "Best practices with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.size.many_tables",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "so many tables that a move takes its time for them",
        remedy: "drop tables that nobody uses, and rehearse the load and the failover at this number",
    },
    look,
};

/// From here on tables, and not rows, decide how long things take.
const MANY: usize = 50_000;

fn look(facts: &Facts) -> Looked {
    let count = facts.base_tables()?.count();
    Ok((count >= MANY)
        .then(|| Hit::new("all tables", format!("{count} tables")))
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // 50,000 tables take a server here longer to make than all other tests.
    #[test]
    fn many_tables_are_found() {
        for (count, found) in [(49_999, 0), (50_000, 1)] {
            let facts = Facts {
                tables: sample::many_tables(count),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{count}");
        }
    }
}
