//! What a row of measurements comes to.

use serde::Serialize;

/// The middle value; of an even number, the mean of the two in the middle. None of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return sorted.get(middle).copied();
    }
    let below = sorted.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(*below, *sorted.get(middle)?))
}

/// What a row of pauses comes to, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    p50: f64,
    pub(super) p99: f64,
    max: f64,
}

impl Spread {
    /// Percentiles by nearest rank: the smallest value that so many percent of all do not exceed. None of nothing.
    pub(super) fn of(milliseconds: &[f64]) -> Option<Self> {
        let sorted = sorted(milliseconds);
        let rank = |percent: usize| {
            sorted
                .get((sorted.len() * percent).div_ceil(100).checked_sub(1)?)
                .copied()
        };
        Some(Self {
            p50: rank(50)?,
            p99: rank(99)?,
            max: rank(100)?,
        })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "p50 {:>7.1} ms   p99 {:>7.1} ms   max {:>7.1} ms",
            self.p50, self.p99, self.max
        )
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::{Spread, median};

    #[test]
    fn a_median_needs_something_to_be_in_the_middle_of() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        assert_eq!(Spread::of(&[]), None);
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let spread = Spread::of(&hundred).unwrap();
        assert_eq!((spread.p50, spread.p99, spread.max), (50.0, 99.0, 100.0));
        let three = Spread::of(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((three.p50, three.p99, three.max), (2.0, 3.0, 3.0));
    }
}
