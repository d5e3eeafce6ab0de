//! One part of the runbook: a step, or a span of them back-to-back.

use super::attempt::{Beat, Kind};
use super::{ExecuteError, Executor, Flow};
use crate::context::Stop;
use crate::entry::{Entry, RunId, UndoPurpose};
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::micros::Micros;
use crate::recover::{Next, decide};
use crate::runbook::{Bound, OnFailure, Part};
use crate::status::RunStatus;
use crate::step::{Probe, Verdict};

/// How one step of a part came out.
enum Outcome {
    /// Closed; the entry says how.
    Closed(Entry),
    /// It gave way because it was asked to, and stays started.
    Stopped,
    Failed {
        error: StepError,
        took: Micros,
    },
}

impl Executor {
    pub(super) async fn execute(&self, run: RunId, part: &Part) -> Result<Flow, ExecuteError> {
        let span = part.span.as_deref();
        if span.is_some() {
            self.journal.settle().await;
        }
        // Written together with the next step's intent, so that a span costs one durable write per step.
        let mut unwritten = Vec::new();
        for bound in &part.steps {
            let standing = self.status(run).await;
            let standing = standing
                .step(&bound.plan.id)
                .expect("the run was checked to have the runbook's steps");
            if standing.status.is_closed() {
                continue;
            }
            let (started, attempt) = (standing.started, standing.attempt);
            match self
                .step(run, part, bound, started, attempt, &mut unwritten)
                .await?
            {
                Outcome::Closed(entry) => unwritten.push(entry),
                Outcome::Stopped => return self.stopped(run, unwritten).await,
                Outcome::Failed { error, took } => {
                    return self.failed(run, part, bound, error, took, unwritten).await;
                }
            }
        }
        self.flush(run, &mut unwritten).await?;
        Ok(Flow::Next)
    }

    async fn step(
        &self,
        run: RunId,
        part: &Part,
        bound: &Bound,
        started: bool,
        attempt: u32,
        unwritten: &mut Vec<Entry>,
    ) -> Result<Outcome, ExecuteError> {
        let id = &bound.plan.id;
        let budget = self.budget(bound.plan.deadline);
        let beat = Beat {
            run,
            span: part.span.as_deref(),
            bound,
            budget: &budget,
            kind: Kind::Forward,
        };
        if started || part.span.is_none() {
            // Retries are written by themselves: what is unwritten must come before them.
            self.flush(run, unwritten).await?;
            let probe = self
                .beat(beat, "probe", attempt, |step, cx| step.probe(cx))
                .await?;
            match probe.map(|probe| decide(started, probe)) {
                Ok(Next::Act) => {}
                Ok(Next::AlreadySo(evidence)) => {
                    let step = id.clone();
                    return Ok(Outcome::Closed(Entry::StepAlreadySo { step, evidence }));
                }
                Ok(Next::Verify(evidence)) => {
                    let verdict = self
                        .beat(beat, "verify", attempt, |step, cx| step.verify(cx))
                        .await?;
                    let took = self.spent(&budget).into();
                    match verdict {
                        // It looks done and is not right: acting again finishes it.
                        Ok(Verdict::DoesNotHold { .. }) => {}
                        verdict => return Ok(self.closed(id, evidence, verdict, took, true)),
                    }
                }
                Ok(Next::Fail(why)) => return Ok(self.ended(StepError::new(why), Micros::default())),
                Err(error) => return Ok(self.ended(error, Micros::default())),
            }
        }
        // Nothing reads the inbox between here and the intent: an abort that was accepted is never overtaken by one.
        if self.desk.stop() == Stop::Abort && !self.has_passed(run).await? {
            return Ok(Outcome::Stopped);
        }
        let attempt = attempt + 1;
        let started = self.journal.clock().monotonic();
        unwritten.push(Entry::StepIntended {
            step: id.clone(),
            attempt,
        });
        self.flush(run, unwritten).await?;
        let acted = self.beat(beat, "act", attempt, |step, cx| step.act(cx)).await?;
        let took = || self.journal.clock().monotonic().saturating_sub(started).into();
        let evidence = match acted {
            Ok(evidence) => evidence,
            Err(error) => return Ok(self.ended(error, took())),
        };
        let verdict = self
            .beat(beat, "verify", attempt, |step, cx| step.verify(cx))
            .await?;
        Ok(self.closed(id, evidence, verdict, took(), false))
    }

    /// A verdict that does not hold, or that nobody could reach, is a failure.
    fn closed(
        &self,
        step: &str,
        evidence: Evidence,
        verdict: Result<Verdict, StepError>,
        took: Micros,
        recovered: bool,
    ) -> Outcome {
        let verified = match verdict {
            Ok(Verdict::Holds(verified)) => Ok(verified),
            Ok(Verdict::DoesNotHold { why, evidence }) => {
                Err(StepError::new(format!("verification failed: {why}")).with_evidence(evidence))
            }
            Ok(Verdict::CouldNotTell { why }) => {
                Err(StepError::new(format!("verification could not tell: {why}")))
            }
            Err(error) => Err(error),
        };
        match verified {
            Ok(verified) => Outcome::Closed(Entry::StepDone {
                step: step.to_owned(),
                evidence,
                verified,
                took,
                recovered,
            }),
            Err(error) => self.ended(error, took),
        }
    }

    /// Giving way counts only if it was asked for.
    fn ended(&self, error: StepError, took: Micros) -> Outcome {
        if error.is_stopped() && self.desk.stop() != Stop::No {
            Outcome::Stopped
        } else {
            Outcome::Failed { error, took }
        }
    }

    async fn stopped(&self, run: RunId, mut unwritten: Vec<Entry>) -> Result<Flow, ExecuteError> {
        self.flush(run, &mut unwritten).await?;
        if self.desk.stop() == Stop::Abort && !self.has_passed(run).await? {
            let (by, why) = self.desk.reason();
            let status = self.unwind(run, &by, UndoPurpose::Abort, &why).await?;
            return Ok(Flow::Over(status));
        }
        Ok(Flow::Again)
    }

    async fn failed(
        &self,
        run: RunId,
        part: &Part,
        bound: &Bound,
        error: StepError,
        took: Micros,
        mut unwritten: Vec<Entry>,
    ) -> Result<Flow, ExecuteError> {
        let step = bound.plan.id.clone();
        let why = error.to_string();
        self.flush(run, &mut unwritten).await?;
        self.has_passed(run).await?;
        let crossed = self.status(run).await.crossed;
        let not_done = crossed.as_ref() == Some(&step) && self.is_not_done(run, part, bound).await?;
        unwritten.push(Entry::StepFailed {
            step: step.clone(),
            error,
            took,
            not_done,
        });
        if self.desk.stop() == Stop::Abort && (crossed.is_none() || not_done) {
            return self.stopped(run, unwritten).await;
        }
        if part.on_failure == OnFailure::Undo && (crossed.is_none() || not_done) {
            let status = self.undo_part(run, part, &step, &why, unwritten).await?;
            return Ok(Flow::Over(status));
        }
        unwritten.push(Entry::RunFailed {
            step: step.clone(),
            why: why.clone(),
        });
        self.append(run, unwritten).await?;
        Ok(Flow::Over(RunStatus::Failed { step, why }))
    }

    /// Whether a failed point of no return is proven not to have happened: only then may the run still be undone.
    async fn is_not_done(&self, run: RunId, part: &Part, bound: &Bound) -> Result<bool, ExecuteError> {
        Ok(matches!(self.look(run, part, bound).await?, Ok(Probe::NotDone)))
    }

    pub(super) async fn look(
        &self,
        run: RunId,
        part: &Part,
        bound: &Bound,
    ) -> Result<Result<Probe, StepError>, ExecuteError> {
        let budget = self.budget(bound.plan.deadline);
        let beat = Beat {
            run,
            span: part.span.as_deref(),
            bound,
            budget: &budget,
            kind: Kind::Look,
        };
        self.beat(beat, "probe", 0, |step, cx| step.probe(cx)).await
    }

    pub(super) async fn flush(&self, run: RunId, unwritten: &mut Vec<Entry>) -> Result<(), ExecuteError> {
        if unwritten.is_empty() {
            return Ok(());
        }
        self.append(run, std::mem::take(unwritten)).await
    }
}
