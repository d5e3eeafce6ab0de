//! Work on production held back behind replicas that lag.

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::Database;

use crate::{Observe, WorkEvent};

/// How often replicas that are behind are asked again.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// The replicas of a server, and how far any may be behind.
pub(crate) struct Followers {
    replicas: Vec<Arc<dyn Database>>,
    max_lag_seconds: f64,
}

impl Followers {
    pub(crate) fn new(replicas: Vec<Arc<dyn Database>>, max_lag_seconds: f64) -> Self {
        Self {
            replicas,
            max_lag_seconds,
        }
    }

    /// Returns when none is too far behind.
    pub(crate) async fn wait(&self, observer: &dyn Observe) {
        while let Some(why) = self.behind().await {
            observer.event(WorkEvent::Waiting { why });
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// The replica that is too far behind, or cannot say: it is not known to be near then.
    async fn behind(&self) -> Option<String> {
        for replica in &self.replicas {
            let name = replica.endpoint();
            match replica.following().await {
                Ok(following) => match following.lag_seconds {
                    Some(lag) if lag <= self.max_lag_seconds => {}
                    Some(lag) => {
                        let most = self.max_lag_seconds;
                        return Some(format!("{name} is {lag:.1} s behind, more than {most} s"));
                    }
                    None => {
                        return Some(format!(
                            "{name} does not say how far it is behind: does it replicate?"
                        ));
                    }
                },
                Err(error) => return Some(error.in_words()),
            }
        }
        None
    }
}
