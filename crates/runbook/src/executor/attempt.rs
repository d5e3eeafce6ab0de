//! Running one beat of a step: bounded in time, retried where that helps, while the inbox is watched.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::{ExecuteError, Executor};
use crate::context::{Context, Stop};
use crate::entry::{Entry, RunId};
use crate::event::Signal;
use crate::failure::{Retry, StepError};
use crate::runbook::Bound;
use crate::step::Step;

/// Time to live of a step's beats, all together.
pub(super) struct Budget {
    started: Duration,
    deadline: Duration,
}

/// One of a step's beats.
type Call<T> =
    for<'a> fn(&'a dyn Step, &'a Context) -> Pin<Box<dyn Future<Output = Result<T, StepError>> + Send + 'a>>;

/// What a beat is run with.
#[derive(Clone, Copy)]
pub(super) struct Beat<'a> {
    pub(super) run: RunId,
    pub(super) span: Option<&'a str>,
    pub(super) bound: &'a Bound,
    pub(super) budget: &'a Budget,
    pub(super) kind: Kind,
}

/// How patient a beat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Towards the step's goal: may be asked to stop, and gives up after so many tries or at the step's deadline.
    Forward,
    /// To learn what is so: as patient, and never asked to stop.
    Look,
    /// Back: never asked to stop, and tried for as long as undos are.
    Back,
}

/// The longest pause between two tries of an undo.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Executor {
    pub(super) fn budget(&self, deadline: Duration) -> Budget {
        Budget {
            started: self.journal.clock().monotonic(),
            deadline,
        }
    }

    pub(super) fn spent(&self, budget: &Budget) -> Duration {
        self.journal.clock().monotonic().saturating_sub(budget.started)
    }

    /// Runs a beat until it succeeds, must not be retried, has been tried often enough, or is out of time. The outer result
    /// is the conductor's own trouble, the inner one the step's.
    pub(super) async fn beat<T>(
        &self,
        beat: Beat<'_>,
        name: &str,
        attempt: u32,
        call: Call<T>,
    ) -> Result<Result<T, StepError>, ExecuteError> {
        let plan = &beat.bound.plan;
        let stop = match beat.kind {
            Kind::Forward => self.desk.watch(),
            Kind::Look | Kind::Back => watch::channel(Stop::No).1,
        };
        let cx = Context::of_run(&self.journal, beat.run, &plan.id, attempt, stop);
        let mut tries = 0;
        loop {
            tries += 1;
            let left = match beat.kind {
                Kind::Back => plan.deadline,
                Kind::Forward | Kind::Look => beat.budget.deadline.saturating_sub(self.spent(beat.budget)),
            };
            let error = match self
                .watched(
                    beat,
                    tokio::time::timeout(left, call(beat.bound.step.as_ref(), &cx)),
                )
                .await?
            {
                Ok(Ok(value)) => return Ok(Ok(value)),
                Ok(Err(error)) => error,
                // An undo that hangs is an undo that may be tried again.
                Err(_) if beat.kind == Kind::Back => {
                    out_of_time(name, beat.budget).with_retry(Retry::After(LONGEST_PAUSE))
                }
                Err(_) => out_of_time(name, beat.budget),
            };
            let pause = match error.retry() {
                _ if error.is_stopped() => return Ok(Err(error)),
                _ if beat.kind != Kind::Back && tries >= self.settings.attempts => return Ok(Err(error)),
                Retry::Never => return Ok(Err(error)),
                Retry::Now => Duration::ZERO,
                Retry::After(pause) => pause,
            };
            let pause = match beat.kind {
                Kind::Back => longer(pause, tries),
                Kind::Forward | Kind::Look => pause,
            };
            if self.spent(beat.budget).saturating_add(pause) >= beat.budget.deadline
                || cx.stop() == Stop::Abort
            {
                return Ok(Err(error));
            }
            let why = format!("{name} failed, trying again: {error}");
            let entry = Entry::StepRetried {
                step: plan.id.clone(),
                beat: name.to_owned(),
                error,
            };
            self.append(beat.run, vec![entry]).await?;
            self.journal.signal(
                beat.run,
                Signal::Waiting {
                    step: Some(plan.id.clone()),
                    why,
                },
            );
            self.journal.clock().sleep(pause).await;
        }
    }

    /// Polls `work` and, beside it, the inbox and the lease. A conductor that lost its lease drops the work at once.
    async fn watched<T>(&self, beat: Beat<'_>, work: impl Future<Output = T>) -> Result<T, ExecuteError> {
        let done = Notify::new();
        let work = async {
            let result = work.await;
            done.notify_one();
            Ok(result)
        };
        let watch = async {
            loop {
                tokio::select! {
                    biased;
                    () = done.notified() => return Ok(()),
                    () = self.journal.clock().sleep(self.settings.poll) => {}
                }
                self.journal.beat().await?;
                match self.read_inbox(beat.run, beat.span).await {
                    // A letter box that sticks is no reason to drop work half-way; between steps it is one to stop.
                    Err(ExecuteError::Inbox(e)) => {
                        tracing::warn!(error = &e as &dyn std::error::Error, "could not read the inbox");
                    }
                    other => other?,
                }
            }
        };
        tokio::try_join!(work, watch).map(|(result, ())| result)
    }
}

/// Twice as long after every four tries.
fn longer(pause: Duration, tries: u32) -> Duration {
    pause
        .saturating_mul(1 << (tries / 4).min(16))
        .min(LONGEST_PAUSE.max(pause))
}

fn out_of_time(name: &str, budget: &Budget) -> StepError {
    StepError::new(format!(
        "{name} did not finish within the step's deadline of {:?}",
        budget.deadline
    ))
    .with_hint("see what it waited for; if it only needs longer, raise the deadline in the plan")
}
