//! Work on production held back: behind replicas that lag, a server that is busy, commits that take long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::Database;

use crate::followers::Followers;
use crate::{Observe, Throttle, ThrottleLimits, WorkEvent};

/// Above which load rows are not taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct TrimLimits {
    /// How far any replica may be behind, in seconds.
    pub max_lag_seconds: f64,
    /// Foreign sessions with a transaction or statement running.
    pub running_sessions: usize,
    /// How long a commit may take before the server is given a rest.
    pub max_commit: Duration,
    /// Most rows of one transaction.
    pub chunk_rows: usize,
}

impl Default for TrimLimits {
    fn default() -> Self {
        Self {
            max_lag_seconds: 5.0,
            running_sessions: 60,
            max_commit: Duration::from_millis(250),
            chunk_rows: 2000,
        }
    }
}

/// How often a replica is asked, at most.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// A rest after a slow commit is so many times as long, up to [`LONGEST_REST`].
const REST: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(10);

/// Holds a run back.
pub(super) struct Brake {
    throttle: Throttle,
    replicas: Followers,
    limits: TrimLimits,
    asked: Option<Instant>,
}

impl Brake {
    pub(super) fn new(
        server: &Arc<dyn Database>,
        replicas: Vec<Arc<dyn Database>>,
        limits: TrimLimits,
    ) -> Self {
        let throttle = ThrottleLimits {
            running_sessions: limits.running_sessions,
            ..ThrottleLimits::default()
        };
        Self {
            throttle: Throttle::new(Arc::clone(server), throttle),
            replicas: Followers::new(replicas, limits.max_lag_seconds),
            limits,
            asked: None,
        }
    }

    /// Returns when a transaction may follow, after one whose commit took so long.
    pub(super) async fn pass(&mut self, commit: Duration, observer: &dyn Observe) {
        if commit > self.limits.max_commit {
            let rest = (commit * REST).min(LONGEST_REST);
            let why = format!(
                "a commit took {} ms: a rest of {} ms",
                commit.as_millis(),
                rest.as_millis()
            );
            observer.event(WorkEvent::Waiting { why });
            tokio::time::sleep(rest).await;
        }
        self.throttle.pass(observer).await;
        if self.asked.is_some_and(|at| at.elapsed() < ASK_EVERY) {
            return;
        }
        self.replicas.wait(observer).await;
        self.asked = Some(Instant::now());
    }
}
