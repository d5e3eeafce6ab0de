//! Time as an argument: what expires, waits or is measured asks a [`Clock`].

use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Where the runbook reads the time and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock; goes into records and decides whether an approval has expired. May jump.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary origin; never goes back. Durations are differences of two readings.
    fn monotonic(&self) -> Duration;

    /// Returns after at least `time`. May be dropped at any await.
    async fn sleep(&self, time: Duration);
}

/// The computer's own clock.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic origin is now.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A clock that stands still until it is moved: who sleeps on it wakes when it was moved far enough. For rehearsing expiries
/// without waiting.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    elapsed: watch::Sender<Duration>,
}

impl ManualClock {
    /// A clock standing at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self {
            start,
            elapsed: watch::Sender::new(Duration::ZERO),
        }
    }

    /// Moves the clock forward by `time`.
    pub fn advance(&self, time: Duration) {
        self.elapsed
            .send_modify(|elapsed| *elapsed = elapsed.saturating_add(time));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        later(self.start, self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.borrow()
    }

    async fn sleep(&self, time: Duration) {
        let until = self.monotonic().saturating_add(time);
        let mut elapsed = self.elapsed.subscribe();
        // The sender is `self`, so it cannot be gone.
        let _ = elapsed.wait_for(|elapsed| *elapsed >= until).await;
    }
}

/// `time` after `at`, or the end of time where that overflows.
pub(crate) fn later(at: Timestamp, time: Duration) -> Timestamp {
    SignedDuration::try_from(time)
        .ok()
        .and_then(|time| at.checked_add(time).ok())
        .unwrap_or(Timestamp::MAX)
}

/// How long ago `then` was, zero when it lies ahead (a clock was set back, or another machine's runs ahead).
pub(crate) fn age(now: Timestamp, then: Timestamp) -> Duration {
    now.duration_since(then).try_into().unwrap_or(Duration::ZERO)
}
