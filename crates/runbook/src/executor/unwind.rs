//! Taking steps back, last first.

use super::attempt::{Beat, Kind};
use super::{ExecuteError, Executor};
use crate::entry::{Entry, RunId, UndoPurpose};
use crate::evidence::Evidence;
use crate::history::{History, Run};
use crate::plan::Undo;
use crate::runbook::{Bound, Part};
use crate::status::{RunStatus, Status};
use crate::step::Probe;

impl Executor {
    /// Undoes what the open run started, last step first, and ends it. Also tries the undo of a stuck run again.
    ///
    /// # Errors
    /// When there is no open run of this play, when it has passed its point of no return, or when the journal fails.
    pub async fn abort(&self, actor: &str, why: &str) -> Result<RunStatus, ExecuteError> {
        let play = self.runbook.play().to_owned();
        let open = self.journal.look(|history| history.open().cloned()).await;
        let open = open.ok_or(ExecuteError::NothingToUndo { play, verb: "abort" })?;
        self.take_run_back(&open, actor, UndoPurpose::Abort, why).await
    }

    /// Takes back what the newest run of this play did, complete or not, as far as it is reversible.
    ///
    /// # Errors
    /// When there is no such run, when it or a later run has passed a point of no return that was not taken back, when
    /// another run is open, or when the journal fails.
    pub async fn rollback(&self, actor: &str, why: &str) -> Result<RunStatus, ExecuteError> {
        let play = self.runbook.play().to_owned();
        let newest = |history: &History| {
            let undone = |run: &&Run| {
                matches!(
                    run.status.run,
                    RunStatus::Aborted { .. } | RunStatus::RolledBack { .. }
                )
            };
            let mut runs = history.runs().iter().rev();
            let run = runs.find(|run| run.play == play && !undone(run)).cloned();
            let committed = run
                .as_ref()
                .and_then(|run| history.committed_since(run.id))
                .cloned();
            (run, committed, history.open().cloned())
        };
        let (run, committed, open) = self.journal.look(newest).await;
        let run = run.ok_or(ExecuteError::NothingToUndo {
            play,
            verb: "roll back",
        })?;
        if let Some(open) = open.filter(|open| open.id != run.id) {
            return Err(ExecuteError::OtherRunOpen {
                run: open.id,
                play: open.play,
            });
        }
        if let Some(Run {
            id,
            status: Status {
                crossed: Some(step), ..
            },
            ..
        }) = committed
        {
            return Err(ExecuteError::PastPointOfNoReturn { run: id, step });
        }
        self.take_run_back(&run, actor, UndoPurpose::Rollback, why).await
    }

    async fn take_run_back(
        &self,
        run: &Run,
        actor: &str,
        purpose: UndoPurpose,
        why: &str,
    ) -> Result<RunStatus, ExecuteError> {
        self.check_same(run)?;
        self.has_passed(run.id).await?;
        if let Some(step) = self.status(run.id).await.crossed {
            return Err(ExecuteError::PastPointOfNoReturn { run: run.id, step });
        }
        self.desk.begin(None);
        if let RunStatus::Undoing { .. } = run.status.run {
            let conductor = self.journal.conductor().clone();
            self.journal
                .append(run.id, actor, vec![Entry::RunResumed { conductor }])
                .await?;
            let status = self.finish_undo(run.id).await?;
            if status.is_ended() || matches!(status, RunStatus::Stuck(_)) {
                return Ok(status);
            }
        }
        self.unwind(run.id, actor, purpose, why).await
    }

    /// Whether the run has passed its point of no return. Where all before it is started, it may have been passed without a word in the
    /// journal: whatever the run works on may have gone on by itself when its conductor had died. So it is looked at, and written.
    pub(super) async fn has_passed(&self, run: RunId) -> Result<bool, ExecuteError> {
        let status = self.status(run).await;
        if status.crossed.is_some() {
            return Ok(true);
        }
        let started = |bound: &Bound| status.step(&bound.plan.id).is_some_and(|step| step.started);
        for part in self.runbook.parts() {
            for pair in part.steps.windows(2) {
                let [before, point] = pair else { continue };
                let is_asked = point.plan.point_of_no_return && point.step.happens_alone();
                if !is_asked || !started(before) || started(point) {
                    continue;
                }
                if let Some(evidence) = self.is_done(run, part, point).await? {
                    let step = point.plan.id.clone();
                    self.append(run, vec![Entry::PointPassed { step, evidence }])
                        .await?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// What a probe found, if it found the step done.
    async fn is_done(
        &self,
        run: RunId,
        part: &Part,
        bound: &Bound,
    ) -> Result<Option<Evidence>, ExecuteError> {
        Ok(match self.look(run, part, bound).await? {
            Ok(Probe::Done(evidence)) => Some(evidence),
            _ => None,
        })
    }

    /// Undoes every started step of the run.
    pub(super) async fn unwind(
        &self,
        run: RunId,
        actor: &str,
        purpose: UndoPurpose,
        why: &str,
    ) -> Result<RunStatus, ExecuteError> {
        let steps = self
            .status(run)
            .await
            .started()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let entry = Entry::UndoStarted {
            purpose,
            because: None,
            why: why.to_owned(),
            steps: steps.clone(),
        };
        self.journal.append(run, actor, vec![entry]).await?;
        self.take_back(run, purpose, None, why, steps, Vec::new()).await
    }

    /// Undoes the started steps of one part after `failed` failed. No write of its own between the failure and the first undo.
    pub(super) async fn undo_part(
        &self,
        run: RunId,
        part: &Part,
        failed: &str,
        why: &str,
        mut unwritten: Vec<Entry>,
    ) -> Result<RunStatus, ExecuteError> {
        let status = self.status(run).await;
        let in_part = |id: &&str| part.steps.iter().any(|bound| bound.plan.id == *id);
        let steps = status
            .started()
            .filter(in_part)
            .map(str::to_owned)
            .collect::<Vec<_>>();
        unwritten.push(Entry::UndoStarted {
            purpose: UndoPurpose::PartFailed,
            because: Some(failed.to_owned()),
            why: why.to_owned(),
            steps: steps.clone(),
        });
        self.take_back(run, UndoPurpose::PartFailed, Some(failed), why, steps, unwritten)
            .await
    }

    /// Goes on with an undo that an earlier conductor did not finish.
    pub(super) async fn finish_undo(&self, run: RunId) -> Result<RunStatus, ExecuteError> {
        let RunStatus::Undoing {
            purpose,
            because,
            left,
        } = self.status(run).await.run
        else {
            return Ok(self.status(run).await.run);
        };
        let why = match &because {
            Some(step) => {
                let error = |run: &Run| run.step(step)?.error.as_ref().map(ToString::to_string);
                self.journal
                    .look(|history| history.run(run).and_then(error))
                    .await
                    .unwrap_or_default()
            }
            None => "finished by a later conductor".to_owned(),
        };
        self.take_back(run, purpose, because.as_deref(), &why, left, Vec::new())
            .await
    }

    async fn take_back(
        &self,
        run: RunId,
        purpose: UndoPurpose,
        because: Option<&str>,
        why: &str,
        steps: Vec<String>,
        mut unwritten: Vec<Entry>,
    ) -> Result<RunStatus, ExecuteError> {
        for step in steps {
            let bound = self
                .runbook
                .find(&step)
                .expect("the run was checked to have the runbook's steps");
            match &bound.plan.undo {
                Undo::Irreversible(reason) => unwritten.push(Entry::UndoKept {
                    step,
                    reason: reason.clone(),
                }),
                Undo::Nothing => {
                    unwritten.push(Entry::UndoIntended { step: step.clone() });
                    unwritten.push(Entry::UndoDone {
                        step,
                        evidence: Evidence::none(),
                        took: Default::default(),
                    });
                }
                Undo::By(_) => {
                    unwritten.push(Entry::UndoIntended { step: step.clone() });
                    self.flush(run, &mut unwritten).await?;
                    let budget = self.budget(self.settings.undo_patience);
                    let beat = Beat {
                        run,
                        span: Some("undo"),
                        bound,
                        budget: &budget,
                        kind: Kind::Back,
                    };
                    let undone = self.beat(beat, "undo", 0, |step, cx| step.undo(cx)).await?;
                    let took = self.spent(&budget).into();
                    match undone {
                        Ok(evidence) => unwritten.push(Entry::UndoDone { step, evidence, took }),
                        Err(error) => {
                            unwritten.push(Entry::UndoFailed { step, error, took });
                            self.append(run, unwritten).await?;
                            return Ok(self.status(run).await.run);
                        }
                    }
                }
            }
        }
        unwritten.push(match (purpose, because) {
            (UndoPurpose::PartFailed, Some(step)) => Entry::RunFailed {
                step: step.to_owned(),
                why: why.to_owned(),
            },
            (UndoPurpose::Rollback, _) => Entry::RunRolledBack { why: why.to_owned() },
            (UndoPurpose::Abort | UndoPurpose::PartFailed, _) => Entry::RunAborted { why: why.to_owned() },
        });
        self.append(run, unwritten).await?;
        Ok(self.status(run).await.run)
    }
}
