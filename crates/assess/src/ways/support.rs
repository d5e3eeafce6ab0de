use daybreak_model::{AURORA_LINES, Day, Flavor, Hosting, Product};

const fn day(year: u16, month: u8, day: u8) -> Day {
    Day { year, month, day }
}

/// A product's major versions (their first two numbers; PostgreSQL's second is 0) with the last day of their maker's support.
/// Oracle, "Lifetime Support Policy"; MariaDB Foundation, "Maintenance Policy"; PostgreSQL, "Versioning Policy".
const SUPPORT: &[(Product, (u16, u16), Day)] = &[
    (Product::Mysql, (5, 5), day(2018, 12, 31)),
    (Product::Mysql, (5, 6), day(2021, 2, 28)),
    (Product::Mysql, (5, 7), day(2023, 10, 31)),
    (Product::Mysql, (8, 0), day(2026, 4, 30)),
    (Product::Mysql, (8, 4), day(2032, 4, 30)),
    (Product::MariaDb, (5, 5), day(2020, 4, 11)),
    (Product::MariaDb, (10, 0), day(2019, 3, 31)),
    (Product::MariaDb, (10, 1), day(2020, 10, 17)),
    (Product::MariaDb, (10, 2), day(2022, 5, 23)),
    (Product::MariaDb, (10, 3), day(2023, 5, 25)),
    (Product::MariaDb, (10, 4), day(2024, 6, 18)),
    (Product::MariaDb, (10, 5), day(2025, 6, 24)),
    (Product::MariaDb, (10, 6), day(2026, 7, 6)),
    (Product::MariaDb, (10, 11), day(2028, 2, 16)),
    (Product::MariaDb, (11, 4), day(2029, 5, 29)),
    (Product::MariaDb, (11, 8), day(2028, 6, 4)),
    (Product::Postgres, (9, 6), day(2021, 11, 11)),
    (Product::Postgres, (10, 0), day(2022, 11, 10)),
    (Product::Postgres, (11, 0), day(2023, 11, 9)),
    (Product::Postgres, (12, 0), day(2024, 11, 21)),
    (Product::Postgres, (13, 0), day(2025, 11, 13)),
    (Product::Postgres, (14, 0), day(2026, 11, 12)),
    (Product::Postgres, (15, 0), day(2027, 11, 11)),
    (Product::Postgres, (16, 0), day(2028, 11, 9)),
    (Product::Postgres, (17, 0), day(2029, 11, 8)),
    (Product::Postgres, (18, 0), day(2030, 11, 14)),
];

/// The last day of support of what a server runs: its maker's, or for Aurora Amazon's standard support. None where it is not
/// known, as for MySQL's innovation releases, which end with the next one. Percona Server ends with its MySQL.
#[must_use]
pub fn end_of_support(flavor: &Flavor) -> Option<Day> {
    let (product, version) = (flavor.product, flavor.version);
    if let Hosting::Aurora { .. } = flavor.hosting {
        let same = |major: (u16, u16)| match product {
            Product::Postgres => major.0 == version.major,
            _ => major == (version.major, version.minor),
        };
        let line = AURORA_LINES.iter().find(|line| {
            line.family == flavor.family() && same((line.community.major, line.community.minor))
        });
        return line.map(|line| line.standard_support_ends);
    }
    let product = match product {
        Product::PerconaServer => Product::Mysql,
        other => other,
    };
    let series = match product {
        Product::Postgres if version.major >= 10 => (version.major, 0),
        _ => (version.major, version.minor),
    };
    let row = SUPPORT
        .iter()
        .find(|(of, major, _)| *of == product && *major == series);
    row.map(|(.., end)| *end)
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::end_of_support;

    #[test]
    fn support_ends_by_product_and_version() {
        let aurora = |version: &str| Hosting::Aurora {
            version: version.to_owned(),
        };
        for (product, version, hosting, end) in [
            (
                Product::Mysql,
                Version::new(5, 7, 44),
                Hosting::SelfManaged,
                Some("2023-10-31"),
            ),
            (
                Product::PerconaServer,
                Version::new(8, 0, 40),
                Hosting::SelfManaged,
                Some("2026-04-30"),
            ),
            (Product::Mysql, Version::new(9, 2, 0), Hosting::SelfManaged, None),
            (
                Product::MariaDb,
                Version::new(10, 11, 18),
                Hosting::SelfManaged,
                Some("2028-02-16"),
            ),
            (
                Product::Postgres,
                Version::new(13, 23, 0),
                Hosting::SelfManaged,
                Some("2025-11-13"),
            ),
            (
                Product::Postgres,
                Version::new(9, 6, 24),
                Hosting::SelfManaged,
                Some("2021-11-11"),
            ),
            (
                Product::Postgres,
                Version::new(13, 9, 0),
                aurora("13.9.0"),
                Some("2026-02-28"),
            ),
            (
                Product::Mysql,
                Version::new(8, 0, 42),
                aurora("3.10.0"),
                Some("2028-04-30"),
            ),
        ] {
            let flavor = Flavor {
                product,
                version,
                hosting,
            };
            let found = end_of_support(&flavor).map(|day| day.to_string());
            assert_eq!(found.as_deref(), end, "{flavor}");
        }
    }
}
