use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::Database;
use tokio::sync::Mutex;

use crate::{Observe, WorkEvent};

/// Above which load on production our own work stands back.
#[derive(Debug, Clone, PartialEq)]
pub struct ThrottleLimits {
    /// Foreign sessions with a transaction or statement running, on the server read from.
    pub running_sessions: usize,
    /// How often the server is asked, at most.
    pub interval: Duration,
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self {
            running_sessions: 60,
            interval: Duration::from_secs(1),
        }
    }
}

/// Holds work back while a server is busy with the company's own.
pub struct Throttle {
    server: Arc<dyn Database>,
    limits: ThrottleLimits,
    looked: Mutex<Looked>,
}

/// When the server was asked last, and when somebody else was seen at work there last.
#[derive(Default)]
struct Looked {
    at: Option<Instant>,
    others: Option<Instant>,
}

/// For how long sessions that were seen at work count as being there: short transactions are missed by most looks.
const STILL_THERE: Duration = Duration::from_secs(10);

impl Throttle {
    /// Watches `server`.
    #[must_use]
    pub fn new(server: Arc<dyn Database>, limits: ThrottleLimits) -> Self {
        Self {
            server,
            limits,
            looked: Mutex::default(),
        }
    }

    /// Returns when work may go on. A server that does not answer the question holds nothing up: the work itself
    /// will meet the trouble and name it.
    pub async fn pass(&self, observer: &dyn Observe) {
        let mut looked = self.looked.lock().await;
        if looked.at.is_some_and(|at| at.elapsed() < self.limits.interval) {
            return;
        }
        loop {
            let Ok(sessions) = self.server.sessions().await else {
                break;
            };
            let running = sessions
                .iter()
                .filter(|session| session.in_transaction && !session.ours)
                .count();
            if running > 0 {
                looked.others = Some(Instant::now());
            }
            if running <= self.limits.running_sessions {
                break;
            }
            observer.event(WorkEvent::Waiting {
                why: format!(
                    "{running} sessions are at work on {}, more than {}",
                    self.server.endpoint(),
                    self.limits.running_sessions
                ),
            });
            tokio::time::sleep(self.limits.interval).await;
        }
        looked.at = Some(Instant::now());
    }

    /// Whether somebody else was at work on the server lately, as far as [`Throttle::pass`] has seen.
    pub async fn others_at_work(&self) -> bool {
        let seen = self.looked.lock().await.others;
        seen.is_some_and(|at| at.elapsed() < STILL_THERE)
    }
}
