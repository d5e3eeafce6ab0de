//! What clients felt.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// So many past holds are remembered one by one.
const REMEMBERED: usize = 16;

/// A distribution of durations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// Half were not longer.
    pub p50: f64,
    /// 99 of 100 were not longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

/// What connections felt of one hold, or of all of them. A connection is counted when its hold is over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HoldCounters {
    /// The number of the hold; in totals, of the last one.
    pub hold: u64,
    /// New connections that waited.
    pub waited: u64,
    /// Connections that were paused.
    pub paused: u64,
    /// Of the paused: those that had something under way when the hold began and were let finish.
    pub drained: u64,
    /// Of the paused: those that ended because traffic moved, or because no side could be written.
    pub closed: u64,
    /// Connections ended in a transaction.
    pub killed: u64,
    /// How long those that waited or were paused were held.
    pub held_ms: Milliseconds,
}

/// What a gate counts from its start on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections that are open now.
    pub open: u64,
    /// Connections to a server that could not be made.
    pub dial_failures: u64,
    /// Clients turned away because no side could be reached or written in time.
    pub refused: u64,
    /// Cancel requests passed on.
    pub cancels: u64,
    /// Bytes from clients.
    pub client_bytes: u64,
    /// Bytes from servers.
    pub server_bytes: u64,
    /// All holds together.
    pub total: HoldCounters,
    /// The last holds one by one, the newest last.
    pub holds: Vec<HoldCounters>,
}

#[derive(Debug)]
struct HoldTally {
    counters: HoldCounters,
    held: Histogram<u64>,
}

#[derive(Debug)]
struct HoldTallies {
    total: HoldTally,
    recent: VecDeque<HoldTally>,
}

/// The counters while they count.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) accepted: AtomicU64,
    pub(super) dial_failures: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) cancels: AtomicU64,
    pub(super) client_bytes: AtomicU64,
    pub(super) server_bytes: AtomicU64,
    holds: Mutex<HoldTallies>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            dial_failures: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            cancels: AtomicU64::new(0),
            client_bytes: AtomicU64::new(0),
            server_bytes: AtomicU64::new(0),
            holds: Mutex::new(HoldTallies {
                total: HoldTally::new(0),
                recent: VecDeque::new(),
            }),
        }
    }

    pub(super) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Ordering::Relaxed);
    }

    pub(super) fn hold_begins(&self, hold: u64) {
        let mut holds = self.holds();
        holds.total.counters.hold = hold;
        holds.recent.push_back(HoldTally::new(hold));
        if holds.recent.len() > REMEMBERED {
            holds.recent.pop_front();
        }
    }

    /// A new connection waited.
    pub(super) fn waited(&self, hold: u64, felt: Duration) {
        self.note(hold, |tally| {
            tally.counters.waited += 1;
            tally.felt(felt);
        });
    }

    /// A connection was paused; `drained` if it had to finish something first, `closed` if it ended so.
    pub(super) fn paused(&self, hold: u64, felt: Duration, drained: bool, closed: bool) {
        self.note(hold, |tally| {
            tally.counters.paused += 1;
            tally.counters.drained += u64::from(drained);
            tally.counters.closed += u64::from(closed);
            tally.felt(felt);
        });
    }

    /// A connection was ended in a transaction.
    pub(super) fn killed(&self, hold: u64) {
        self.note(hold, |tally| tally.counters.killed += 1);
    }

    pub(super) fn counters(&self, open: u64) -> Counters {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let holds = self.holds();
        Counters {
            accepted: load(&self.accepted),
            open,
            dial_failures: load(&self.dial_failures),
            refused: load(&self.refused),
            cancels: load(&self.cancels),
            client_bytes: load(&self.client_bytes),
            server_bytes: load(&self.server_bytes),
            total: holds.total.snapshot(),
            holds: holds.recent.iter().map(HoldTally::snapshot).collect(),
        }
    }

    fn note(&self, hold: u64, note: impl Fn(&mut HoldTally)) {
        let mut holds = self.holds();
        note(&mut holds.total);
        if let Some(tally) = holds.recent.iter_mut().find(|tally| tally.counters.hold == hold) {
            note(tally);
        }
    }

    fn holds(&self) -> MutexGuard<'_, HoldTallies> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HoldTally {
    fn new(hold: u64) -> Self {
        // Microseconds up to an hour, to one part in a hundred.
        let held = Histogram::new_with_bounds(1, 3_600_000_000, 2).expect("the bounds are in order");
        Self {
            counters: HoldCounters {
                hold,
                ..HoldCounters::default()
            },
            held,
        }
    }

    fn felt(&mut self, felt: Duration) {
        self.held
            .saturating_record(u64::try_from(felt.as_micros()).unwrap_or(u64::MAX));
    }

    fn snapshot(&self) -> HoldCounters {
        let milliseconds = |microseconds: u64| Duration::from_micros(microseconds).as_secs_f64() * 1000.0;
        let held_ms = Milliseconds {
            p50: milliseconds(self.held.value_at_quantile(0.5)),
            p99: milliseconds(self.held.value_at_quantile(0.99)),
            max: milliseconds(self.held.max()),
        };
        HoldCounters {
            held_ms,
            ..self.counters.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_hold_and_all_of_them() {
        let tally = Tally::new();
        tally.hold_begins(1);
        tally.waited(1, Duration::from_millis(10));
        tally.paused(1, Duration::from_millis(30), true, false);
        tally.hold_begins(2);
        tally.paused(2, Duration::from_millis(20), false, true);
        tally.killed(2);
        let counters = tally.counters(3);
        assert_eq!(counters.open, 3);
        assert_eq!(
            (
                counters.total.waited,
                counters.total.paused,
                counters.total.killed
            ),
            (1, 2, 1)
        );
        assert_eq!((counters.holds[0].drained, counters.holds[0].closed), (1, 0));
        assert_eq!((counters.holds[1].drained, counters.holds[1].closed), (0, 1));
        assert!((counters.holds[1].held_ms.max - 20.0).abs() < 0.3, "{counters:?}");
        assert!((counters.total.held_ms.max - 30.0).abs() < 0.4, "{counters:?}");
    }

    #[test]
    fn forgets_the_oldest_hold_only_one_by_one() {
        let tally = Tally::new();
        for hold in 1..=20 {
            tally.hold_begins(hold);
            tally.killed(hold);
        }
        let counters = tally.counters(0);
        assert_eq!(counters.holds.len(), REMEMBERED);
        assert_eq!(counters.holds[0].hold, 5);
        assert_eq!(counters.total.killed, 20);
    }
}
