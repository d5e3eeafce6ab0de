use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A set of MySQL transactions: per server UUID (and tag, MySQL 8.3+) the intervals of transaction numbers, as
/// `@@gtid_executed` prints them. Source: MySQL manual, "GTID Format and Storage".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GtidSet {
    /// Key: `uuid` or `uuid:tag`; value: sorted, disjoint, non-adjacent closed intervals.
    intervals: BTreeMap<String, Vec<(u64, u64)>>,
}

/// A text that is not a GTID set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a GTID set")]
pub struct GtidSetError(String);

impl GtidSet {
    /// Whether every transaction of `other` is in this set.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Whether the set holds no transaction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// How many transactions the set holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.intervals
            .values()
            .flatten()
            .map(|(first, last)| last - first + 1)
            .sum()
    }

    /// Each transaction of the set as `GTID_NEXT` takes it.
    pub fn each(&self) -> impl Iterator<Item = String> + '_ {
        self.intervals.iter().flat_map(|(source, intervals)| {
            let numbers = intervals.iter().flat_map(|(first, last)| *first..=*last);
            numbers.map(move |number| format!("{source}:{number}"))
        })
    }

    /// The transactions of this set that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut result = Self::default();
        for (source, mine) in &self.intervals {
            let taken = other.intervals.get(source).map_or(&[][..], Vec::as_slice);
            let left = remaining(mine, taken);
            if !left.is_empty() {
                result.intervals.insert(source.clone(), left);
            }
        }
        result
    }

    /// The transactions of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        for (source, theirs) in &other.intervals {
            for interval in theirs {
                result.add(source, *interval);
            }
        }
        result
    }

    fn add(&mut self, source: &str, (first, last): (u64, u64)) {
        let intervals = self.intervals.entry(source.to_owned()).or_default();
        intervals.push((first, last));
        intervals.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(intervals.len());
        for &(first, last) in intervals.iter() {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        *intervals = merged;
    }
}

/// Subtraction over one server's sorted, disjoint intervals.
fn remaining(mine: &[(u64, u64)], taken: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut left = Vec::new();
    for &(mut first, last) in mine {
        for &(taken_first, taken_last) in taken {
            if taken_last < first || taken_first > last {
                continue;
            }
            if taken_first > first {
                left.push((first, taken_first - 1));
            }
            first = taken_last.saturating_add(1);
        }
        if first <= last {
            left.push((first, last));
        }
    }
    left
}

impl std::str::FromStr for GtidSet {
    type Err = GtidSetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || GtidSetError(text.to_owned());
        let mut set = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut fields = part.split(':').map(str::trim);
            let uuid = fields.next().ok_or_else(error)?.to_ascii_lowercase();
            if uuid.len() != 36 || !uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
                return Err(error());
            }
            let mut source = uuid.clone();
            let mut seen = false;
            for field in fields {
                if field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    source = format!("{uuid}:{}", field.to_ascii_lowercase());
                    continue;
                }
                let (first, last) = field.split_once('-').unwrap_or((field, field));
                let first: u64 = first.parse().map_err(|_| error())?;
                let last: u64 = last.parse().map_err(|_| error())?;
                if first == 0 || last < first {
                    return Err(error());
                }
                set.add(&source, (first, last));
                seen = true;
            }
            if !seen {
                return Err(error());
            }
        }
        Ok(set)
    }
}

impl std::fmt::Display for GtidSet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (source, intervals)) in self.intervals.iter().enumerate() {
            if index > 0 {
                formatter.write_str(",")?;
            }
            formatter.write_str(source)?;
            for (first, last) in intervals {
                if first == last {
                    write!(formatter, ":{first}")?;
                } else {
                    write!(formatter, ":{first}-{last}")?;
                }
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for GtidSet {
    type Error = GtidSetError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<GtidSet> for String {
    fn from(set: GtidSet) -> Self {
        set.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::GtidSet;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn set(numbers: &BTreeSet<u64>) -> GtidSet {
        numbers.iter().fold(GtidSet::default(), |sum, number| {
            sum.union(&format!("{A}:{number}").parse().expect("a single transaction"))
        })
    }

    #[test]
    fn reads_and_prints_what_servers_print() {
        for text in [
            String::new(),
            format!("{A}:1-5"),
            format!("{A}:1-5:7:9-11"),
            format!("{A}:1-5,{A}:deploy:1-3"),
        ] {
            assert_eq!(text.parse::<GtidSet>().expect("valid").to_string(), text);
        }
        assert_eq!(
            format!("{A}:1-5,\n{A}:6")
                .parse::<GtidSet>()
                .expect("valid")
                .to_string(),
            format!("{A}:1-6")
        );
        for text in ["x", "3e11fa47:1", &format!("{A}:0"), &format!("{A}:5-1"), A] {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn behaves_like_a_set_of_numbers(a in prop::collection::btree_set(1u64..40, 0..25), b in prop::collection::btree_set(1u64..40, 0..25)) {
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(x.union(&y), set(&a.union(&b).copied().collect()));
            prop_assert_eq!(x.minus(&y), set(&a.difference(&b).copied().collect()));
            prop_assert_eq!(x.contains(&y), b.is_subset(&a));
            prop_assert_eq!(x.count(), a.len() as u64);
        }
    }
}
