//! How much of a table one statement is asked for, and how long the check rests after it.

use std::time::Duration;

/// How many times as many units as the last the next chunk may have: one quick answer is no promise.
const GROWTH: usize = 4;

/// The units of one table that a chunk joins, from how long the last chunks took.
#[derive(Debug)]
pub(super) struct Pace {
    aim: Duration,
    units: usize,
}

impl Pace {
    /// Begins with one unit: how long that takes nobody knows yet.
    pub(super) const fn new(aim: Duration) -> Self {
        Self { aim, units: 1 }
    }

    /// How many units the next chunk has, at most.
    pub(super) const fn units(&self) -> usize {
        self.units
    }

    /// Takes in how long a chunk of so many units took on the slowest server.
    pub(super) fn took(&mut self, units: usize, time: Duration) {
        let per_unit = time.as_nanos() / (units.max(1) as u128);
        let fit = self.aim.as_nanos().checked_div(per_unit).unwrap_or(u128::MAX);
        let most = self.units.saturating_mul(GROWTH);
        self.units = usize::try_from(fit).unwrap_or(usize::MAX).clamp(1, most);
    }
}

/// How long work that took so long is followed by rest, if it is to have this share of the time, in percent.
pub(super) fn rest(took: Duration, share: u8) -> Duration {
    let share = u32::from(share.clamp(1, 100));
    took * (100 - share) / share
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Pace, rest};

    #[test]
    fn chunks_grow_while_answers_are_quick_and_shrink_at_once() {
        let milliseconds = Duration::from_millis;
        let mut pace = Pace::new(milliseconds(500));
        assert_eq!(pace.units(), 1);
        pace.took(1, milliseconds(10));
        assert_eq!(pace.units(), 4, "no further than four times as many");
        pace.took(4, milliseconds(40));
        pace.took(16, milliseconds(160));
        assert_eq!(pace.units(), 50);
        pace.took(50, milliseconds(500));
        assert_eq!(pace.units(), 50, "steady");
        pace.took(50, milliseconds(5000));
        assert_eq!(pace.units(), 5);
        pace.took(5, milliseconds(60_000));
        assert_eq!(pace.units(), 1, "never less than one");
        pace.took(1, Duration::ZERO);
        assert_eq!(pace.units(), 4);
    }

    #[test]
    fn rest_is_what_the_share_leaves() {
        let second = Duration::from_secs(1);
        assert_eq!(rest(second, 100), Duration::ZERO);
        assert_eq!(rest(second, 50), second);
        assert_eq!(rest(second, 20), second * 4);
        assert_eq!(rest(second, 5), second * 19);
        assert_eq!(rest(second, 0), second * 99, "never at a standstill");
    }
}
