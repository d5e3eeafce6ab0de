//! When a rule is due: cron expressions in a time zone. Pure; whoever asks brings the clock.

use std::str::FromStr as _;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Serialize;

/// A cron expression in a time zone: minute, hour, day of the month, month, day of the week.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    text: String,
    zone: TimeZone,
}

/// Why an expression is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no cron expression: {trouble}")]
pub struct ScheduleError {
    text: String,
    trouble: String,
}

/// That a rule is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The moment that it was last to be run at.
    pub at: Timestamp,
    /// Moments before that at which it was not run: they are made up for by one run.
    pub missed: u32,
}

/// Missed moments that are counted, at most: of a server that was off for years nobody needs more.
const MOST_MISSED: u32 = 10_000;

impl Schedule {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is none, or no moment ever matches it.
    pub fn new(text: &str, zone: TimeZone) -> Result<Self, ScheduleError> {
        let wrong = |trouble: String| ScheduleError {
            text: text.to_owned(),
            trouble,
        };
        if text.split_whitespace().count() != 5 {
            return Err(wrong(
                "it has five fields: minute, hour, day, month, day of the week".to_owned(),
            ));
        }
        let cron = Cron::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let own = Self {
            cron,
            text: text.to_owned(),
            zone,
        };
        match own.after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(own),
            None => Err(wrong("no moment ever matches it".to_owned())),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first moment after one. Where clocks are put forward, a moment that no clock shows is the one at which they are put; where
    /// they are put back, one that they show twice is the first.
    #[must_use]
    pub fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut from: Zoned = at.to_zoned(self.zone.clone());
        loop {
            let next: Zoned = self.cron.find_next_occurrence(&from, false).ok()?;
            if next.timestamp() > at {
                return Some(next.timestamp());
            }
            from = next;
        }
    }

    /// Whether a rule that was last run for the moment `last` is due now.
    #[must_use]
    pub fn due(&self, last: Timestamp, now: Timestamp) -> Option<Due> {
        let mut at = self.after(last).filter(|at| *at <= now)?;
        let mut missed = 0;
        while let Some(next) = self.after(at).filter(|next| *next <= now)
            && missed < MOST_MISSED
        {
            at = next;
            missed += 1;
        }
        Some(Due { at, missed })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Due, Schedule};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn berlin(text: &str) -> Schedule {
        Schedule::new(text, TimeZone::get("Europe/Berlin").expect("a zone")).expect("an expression")
    }

    #[test]
    fn a_month_comes_and_a_missed_one_is_made_up_for_once() {
        let monthly = berlin("0 3 1 * *");
        let last = at("2026-09-01T01:00:00Z");
        assert_eq!(monthly.due(last, at("2026-10-01T00:59:59Z")), None);
        let october = Due {
            at: at("2026-10-01T01:00:00Z"),
            missed: 0,
        };
        assert_eq!(
            monthly.due(last, at("2026-10-01T01:00:00Z")),
            Some(october.clone())
        );
        // Winter time from 25 October on.
        let december = Due {
            at: at("2026-12-01T02:00:00Z"),
            missed: 2,
        };
        assert_eq!(
            monthly.due(last, at("2026-12-05T00:00:00Z")),
            Some(december.clone())
        );
        assert_eq!(monthly.due(december.at, at("2026-12-05T00:00:00Z")), None);
    }

    #[test]
    fn a_moment_that_clocks_leave_out_is_not_lost_and_one_they_show_twice_comes_once() {
        let nightly = berlin("30 2 * * *");
        // On 29 March 2026 clocks go from 2 to 3.
        let night = nightly.after(at("2026-03-28T12:00:00Z")).expect("a night");
        assert!(
            night >= at("2026-03-29T01:00:00Z") && night < at("2026-03-29T02:00:00Z"),
            "{night}"
        );
        assert_eq!(nightly.after(night), Some(at("2026-03-30T00:30:00Z")));
        // On 25 October 2026 they go from 3 to 2: half past two comes twice.
        let first = nightly.after(at("2026-10-24T12:00:00Z")).expect("a night");
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(nightly.after(first), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for bad in [
            "",
            "* * * *",
            "61 * * * *",
            "0 3 1 * * *",
            "0 3 31 2 *",
            "every month",
        ] {
            assert!(Schedule::new(bad, TimeZone::UTC).is_err(), "{bad}");
        }
    }
}
