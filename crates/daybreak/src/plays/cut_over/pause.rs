//! The time that a pause has. What is left of it when it runs out is for taking it back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use daybreak_runbook::StepError;

/// When the work of the pause has to be done, so that taking it back still ends before the gate's deadline.
#[derive(Debug, Default)]
pub(crate) struct PauseClock(Mutex<Option<Instant>>);

impl PauseClock {
    /// The pause has begun and may last so long; a third of it is kept for the way back.
    pub(super) fn begin(&self, limit: Duration) {
        self.set(Some(Instant::now() + limit * 2 / 3));
    }

    /// The pause is over.
    pub(super) fn end(&self) {
        self.set(None);
    }

    fn set(&self, until: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Runs a part of the pause. A process that was started anew in the middle of one has only the step's own deadline: the
    /// gate's has passed by then, or ends the hold.
    pub(super) async fn bound<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = until else {
            return work.await;
        };
        match tokio::time::timeout_at(until.into(), work).await {
            Ok(result) => result,
            Err(_) => Err(
                StepError::new(format!("the pause ran out of its time while it was to {what}")).with_hint(
                    "look at the server that did not answer in time, then run the same command again",
                ),
            ),
        }
    }
}
