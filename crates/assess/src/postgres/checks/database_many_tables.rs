//! Each session keeps what it knows of every table that it has used. A load makes, fills and compares each table by
//! itself.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.many_tables",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "very many tables",
        remedy: "give the load more time; see that each session's cache of them fits into the instance class's memory",
    },
    include_str!("database_many_tables.sql"),
)
.judged_by(judge);

/// Tables from which on it is said.
const MANY: u64 = 20_000;

/// Database, and how many tables it has.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let many = rows.into_iter().filter_map(|row| {
        let [database, tables] = <[Option<String>; 2]>::try_from(row).ok()?;
        let tables: u64 = tables?.parse().ok()?;
        let hit = Hit::new(format!("database {}", database?), format!("{tables} tables"));
        (tables > MANY).then_some(hit)
    });
    many.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// So many tables take a test too long to make.
    #[test]
    fn only_very_many_are_told() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        for (tables, found) in [("0", 0), ("20000", 0), ("20001", 1)] {
            let rows = vec![vec![Some("shop".to_owned()), Some(tables.to_owned())]];
            assert_eq!(judge(&subject, rows).len(), found, "{tables}");
        }
    }
}
