use std::time::Duration;

use daybreak_model::TableName;
use serde::{Deserialize, Serialize};

/// Something worth telling while data is worked on.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkEvent {
    /// What is being done now, in words.
    Doing {
        /// Such as "creating 42 objects".
        what: String,
    },
    /// Rows moved or checked so far.
    Progress(Progress),
    /// A table is complete.
    TableDone {
        /// The table.
        table: TableName,
        /// Its rows.
        rows: u64,
    },
    /// Work is held back for the sake of production.
    Waiting {
        /// What it waits for, with the measurement.
        why: String,
    },
    /// A transient error was met and the same work is done again.
    Retrying {
        /// The work and the error.
        why: String,
    },
}

/// How far a piece of work has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Progress {
    /// Rows done.
    pub rows: u64,
    /// Rows in all, as far as known; never less than `rows`.
    pub rows_expected: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Rows per second since the start.
    pub rows_per_second: f64,
    /// Seconds left at that rate; absent while there is no rate.
    pub eta_seconds: Option<f64>,
}

impl Progress {
    /// Progress from counts and the time they took.
    #[must_use]
    pub fn new(rows: u64, rows_expected: u64, bytes: u64, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let rows_expected = rows_expected.max(rows);
        let rows_per_second = if seconds > 0.0 {
            as_float(rows) / seconds
        } else {
            0.0
        };
        let eta_seconds = (rows_per_second > 0.0).then(|| as_float(rows_expected - rows) / rows_per_second);
        Self {
            rows,
            rows_expected,
            bytes,
            rows_per_second,
            eta_seconds,
        }
    }
}

/// A count as a float; exact below 2^53, and a rate needs no more.
#[expect(
    clippy::cast_precision_loss,
    reason = "rates and estimates need no more than 53 bits"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

/// A row that was proven not to be the same on a server as on the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Drift {
    /// The server, label and address.
    pub server: String,
    /// The table.
    pub table: TableName,
    /// The row's key, in words; its hash where it has none.
    pub row: String,
    /// `missing`, `extra` or `changed`.
    pub kind: String,
}

/// Who listens. Called from many tasks at once; must return quickly.
pub trait Observe: Send + Sync {
    /// Takes one event.
    fn event(&self, event: WorkEvent);

    /// A difference was proven, a moment ago.
    fn drift(&self, _drift: Drift) {}

    /// A server does not answer any more, and is left out.
    fn lost(&self, _server: &str, _why: &str) {}

    /// A server answers again.
    fn back(&self, _server: &str) {}
}

/// Listens to nothing.
pub struct Silent;

impl Observe for Silent {
    fn event(&self, _event: WorkEvent) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Progress;

    #[test]
    fn an_estimate_that_was_too_low_never_makes_a_negative_eta() {
        let progress = Progress::new(500, 100, 0, Duration::from_secs(5));
        assert_eq!(progress.rows_expected, 500);
        assert_eq!(progress.eta_seconds, Some(0.0));
        assert_eq!(Progress::new(0, 100, 0, Duration::ZERO).eta_seconds, None);
    }
}
