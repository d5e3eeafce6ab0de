use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, Session};
use tokio::sync::Mutex;

use crate::{Observe, WorkEvent};

/// Above which load on production our own work stands back.
#[derive(Debug, Clone, PartialEq)]
pub struct ThrottleLimits {
    /// Foreign sessions with a transaction or statement running, on the server read from; those that wait for a table's lock are
    /// not counted.
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
    gives_way: bool,
    looked: Mutex<Looked>,
}

/// When the server was asked last, whether somebody else was at work there then, and when that was last so twice in a row: whoever
/// came by once is no load.
#[derive(Default)]
struct Looked {
    at: Option<Instant>,
    seen: bool,
    others: Option<Instant>,
}

/// For how long sessions that were seen at work count as being there.
const STILL_THERE: Duration = Duration::from_secs(10);
/// A session whose last statement is less long ago is at work.
const LATELY: Duration = Duration::from_secs(1);

impl Throttle {
    /// Watches `server`.
    #[must_use]
    pub fn new(server: Arc<dyn Database>, limits: ThrottleLimits) -> Self {
        Self {
            server,
            limits,
            gives_way: false,
            looked: Mutex::default(),
        }
    }

    /// The same for work that is to know from its beginning whether somebody else is there.
    #[must_use]
    pub fn giving_way(server: Arc<dyn Database>, limits: ThrottleLimits) -> Self {
        Self {
            gives_way: true,
            ..Self::new(server, limits)
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
            let others = sessions.iter().filter(|session| !session.ours);
            // Whoever waits for a table's lock may wait for us: standing back would hold both up for ever.
            let at_work = |session: &&Session| session.in_transaction && !session.waits_for_table;
            let running = others.clone().filter(at_work).count();
            // Most looks miss a short transaction, and not that there was one.
            let lately = |session: &Session| {
                session.in_transaction
                    || session
                        .quiet_seconds
                        .is_some_and(|quiet| quiet < LATELY.as_secs_f64())
            };
            let (before, seen) = (looked.seen, others.clone().any(lately));
            looked.seen = seen;
            if seen && before {
                looked.others = Some(Instant::now());
            } else if self.gives_way && seen && looked.at.is_none() {
                // Known before any work is begun.
                looked.at = Some(Instant::now());
                tokio::time::sleep(LATELY).await;
                continue;
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
