//! Aurora's version lines: what each is compatible with, and until when it is supported.
//!
//! Source: the release calendars of the Aurora MySQL and Aurora PostgreSQL release notes, as of September 2026.

use serde::{Deserialize, Serialize};

use crate::{Family, Version};

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day {
    /// Year.
    pub year: u16,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const fn day(year: u16, month: u8, day: u8) -> Day {
    Day { year, month, day }
}

/// One Aurora version line: what a cluster of it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuroraLine {
    /// Which family.
    pub family: Family,
    /// As Amazon writes it: `3.10`, `8.4.8`, `17.9`.
    pub name: &'static str,
    /// The community version it is compatible with.
    pub community: Version,
    /// Supported longer than other lines of its major version.
    pub long_term: bool,
    /// The last day of standard support of its major version.
    pub standard_support_ends: Day,
    /// The last day of paid support of its major version, where there is such.
    pub extended_support_ends: Option<Day>,
}

const MYSQL_57: (Day, Option<Day>) = (day(2024, 10, 31), Some(day(2029, 6, 30)));
const MYSQL_80: (Day, Option<Day>) = (day(2028, 4, 30), Some(day(2029, 7, 31)));
const MYSQL_84: (Day, Option<Day>) = (day(2032, 4, 30), None);

const fn mysql(name: &'static str, version: (u16, u16, u16), ends: (Day, Option<Day>)) -> AuroraLine {
    line(Family::Mysql, name, version, ends, false)
}

const fn postgres(name: &'static str, version: (u16, u16), ends: (Day, Option<Day>)) -> AuroraLine {
    line(Family::Postgres, name, (version.0, version.1, 0), ends, false)
}

const fn line(
    family: Family,
    name: &'static str,
    version: (u16, u16, u16),
    ends: (Day, Option<Day>),
    long_term: bool,
) -> AuroraLine {
    AuroraLine {
        family,
        name,
        community: Version::new(version.0, version.1, version.2),
        long_term,
        standard_support_ends: ends.0,
        extended_support_ends: ends.1,
    }
}

const fn lts(line: AuroraLine) -> AuroraLine {
    AuroraLine {
        long_term: true,
        ..line
    }
}

const PG_13: (Day, Option<Day>) = (day(2026, 2, 28), Some(day(2029, 2, 28)));
const PG_14: (Day, Option<Day>) = (day(2027, 2, 28), Some(day(2030, 2, 28)));
const PG_15: (Day, Option<Day>) = (day(2028, 2, 29), Some(day(2031, 2, 28)));
const PG_16: (Day, Option<Day>) = (day(2029, 2, 28), Some(day(2032, 2, 28)));
const PG_17: (Day, Option<Day>) = (day(2030, 2, 28), Some(day(2033, 2, 28)));
const PG_18: (Day, Option<Day>) = (day(2031, 2, 28), Some(day(2034, 2, 28)));

/// Every line a cluster can still be made of or brought to, oldest first.
pub const AURORA_LINES: &[AuroraLine] = &[
    mysql("2.11", (5, 7, 12), MYSQL_57),
    mysql("2.12", (5, 7, 44), MYSQL_57),
    lts(mysql("3.04", (8, 0, 28), MYSQL_80)),
    mysql("3.08", (8, 0, 39), MYSQL_80),
    mysql("3.09", (8, 0, 40), MYSQL_80),
    lts(mysql("3.10", (8, 0, 42), MYSQL_80)),
    mysql("3.11", (8, 0, 43), MYSQL_80),
    mysql("3.12", (8, 0, 44), MYSQL_80),
    mysql("3.13", (8, 0, 45), MYSQL_80),
    mysql("8.4.7", (8, 4, 7), MYSQL_84),
    mysql("8.4.8", (8, 4, 8), MYSQL_84),
    lts(postgres("13.9", (13, 9), PG_13)),
    postgres("13.23", (13, 23), PG_13),
    lts(postgres("14.6", (14, 6), PG_14)),
    postgres("14.22", (14, 22), PG_14),
    lts(postgres("15.10", (15, 10), PG_15)),
    postgres("15.17", (15, 17), PG_15),
    lts(postgres("16.8", (16, 8), PG_16)),
    postgres("16.13", (16, 13), PG_16),
    lts(postgres("17.7", (17, 7), PG_17)),
    postgres("17.9", (17, 9), PG_17),
    postgres("18.3", (18, 3), PG_18),
];

/// A version that names no line of Aurora's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Aurora has no version `{0}` that a cluster can be made of")]
pub struct NoSuchLine(String);

impl NoSuchLine {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> String {
        let names: Vec<&str> = AURORA_LINES.iter().map(|line| line.name).collect();
        format!("name one of: {}", names.join(", "))
    }
}

impl AuroraLine {
    /// The line of a version such as `3.10`, `8.4` or `aurora-postgresql 17`: the newest one that it begins.
    ///
    /// # Errors
    /// No line begins with it, or the engine's name is another family's.
    pub fn named(text: &str) -> Result<&'static Self, NoSuchLine> {
        let none = || NoSuchLine(text.to_owned());
        let (engine, version) = match text.trim().rsplit_once([' ', ':']) {
            Some((engine, version)) => (Some(engine.trim()), version),
            None => (None, text.trim()),
        };
        let family = match engine {
            None => None,
            Some("aurora-mysql") => Some(Family::Mysql),
            Some("aurora-postgresql") => Some(Family::Postgres),
            Some(_) => return Err(none()),
        };
        let begins = |line: &&Self| {
            let rest = line.name.strip_prefix(version);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        AURORA_LINES
            .iter()
            .filter(|line| family.is_none_or(|family| line.family == family))
            .rfind(begins)
            .ok_or_else(none)
    }

    /// Whether new work on it has begun to cost extra, or has ended, by this day.
    #[must_use]
    pub fn is_past_standard_support(&self, today: Day) -> bool {
        self.standard_support_ends < today
    }
}

impl std::fmt::Display for AuroraLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (engine, community) = match self.family {
            Family::Mysql => ("Aurora MySQL", format!("MySQL {}", self.community)),
            Family::Postgres => ("Aurora PostgreSQL", String::new()),
        };
        write!(formatter, "{engine} {}", self.name)?;
        if !community.is_empty() {
            write!(formatter, " (compatible with {community})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AuroraLine;

    #[test]
    fn a_version_names_the_newest_line_it_begins() {
        for (text, name) in [
            ("3.10", "3.10"),
            ("3", "3.13"),
            ("8.4", "8.4.8"),
            ("aurora-mysql 3.04", "3.04"),
            ("17", "17.9"),
            ("aurora-postgresql:15", "15.17"),
        ] {
            assert_eq!(AuroraLine::named(text).map(|line| line.name), Ok(name), "{text}");
        }
        for text in ["1", "9.7", "aurora-mysql 17", "aurora-oracle 3.10", "", "3.1"] {
            assert!(AuroraLine::named(text).is_err(), "{text}");
        }
    }
}
