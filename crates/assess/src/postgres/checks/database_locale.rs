//! Order and equality of text follow the C library or ICU (manual, "Locale Support"), of which Aurora has its own
//! builds. Under C and POSIX, and the provider builtin, they follow the bytes or PostgreSQL's own tables.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.locale",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "databases that sort by a library's rules",
        remedy: "make the target database with the same provider and locale; let nothing depend on the exact order of text across the two sides",
    },
    include_str!("database_locale.sql"),
)
.judged_by(judge);

/// Database, provider (`c` libc, `i` ICU, `b` builtin), the C library's two locales, the provider's own.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let by_bytes = |locale: &str| matches!(locale, "C" | "POSIX" | "C.UTF-8" | "C.utf8");
    let sorted = rows.into_iter().filter_map(|row| {
        let [database, provider, collate, ctype, locale] = <[Option<String>; 5]>::try_from(row).ok()?;
        let (collate, ctype) = (collate?, ctype?);
        let words = match provider?.as_str() {
            "i" => format!("provider icu, locale {}", locale?),
            "c" if !by_bytes(&collate) || !by_bytes(&ctype) => {
                format!("provider libc, LC_COLLATE {collate}, LC_CTYPE {ctype}")
            }
            _ => return None,
        };
        Some(Hit::new(database?, words))
    });
    sorted.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// A database of a foreign locale can only be made on a machine that has it.
    #[test]
    fn only_bytes_sort_the_same_everywhere() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        for (provider, collate, ctype, locale, found) in [
            ("c", "C", "C", None, false),
            ("c", "POSIX", "POSIX", None, false),
            ("c", "C.UTF-8", "C.UTF-8", None, false),
            ("c", "de_DE.utf8", "de_DE.utf8", None, true),
            ("c", "C", "en_US.utf8", None, true),
            ("i", "C", "C", Some("de"), true),
            ("b", "C", "C", Some("C.UTF-8"), false),
        ] {
            let row = [
                Some("database shop"),
                Some(provider),
                Some(collate),
                Some(ctype),
                locale,
            ];
            let rows = vec![row.map(|value| value.map(str::to_owned)).to_vec()];
            assert_eq!(
                !judge(&subject, rows).is_empty(),
                found,
                "{provider} {collate} {ctype}"
            );
        }
    }
}
