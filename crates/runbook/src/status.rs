//! Where a run stands, and the one function that moves it.

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, UndoPurpose};

/// Where a run stands. Every variant is derived from the journal by [`next`]; none is stored anywhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are said in each variant's sentence")]
pub enum RunStatus {
    /// No record yet. Memory only. A restart finds no run.
    NotStarted,
    /// Set by `run_started`, `run_resumed`, and an approval that was waited for. A restart probes what was started and goes on.
    Running,
    /// Set by `approval_asked`. A restart resumes, looks for an approval that still holds, and asks again if there is none.
    AwaitingApproval { step: String },
    /// Set by `run_paused` and `declined`. A restart resumes.
    Paused { why: String },
    /// Set by `undo_started`; `left` are the steps still to undo. A restart finishes the undo first.
    Undoing {
        purpose: UndoPurpose,
        because: Option<String>,
        left: Vec<String>,
    },
    /// Set by `run_failed`. A restart resumes at the failed step, or at the start of the part that was undone.
    Failed { step: String, why: String },
    /// Set by `undo_failed`. A restart is refused; once the cause is mended, aborting (or rolling back) tries the undo again.
    Stuck(Stuck),
    /// Set by `run_aborted`. An ending: a restart begins a new run.
    Aborted { why: String },
    /// Set by `run_rolled_back`. An ending: a restart begins a new run.
    RolledBack { why: String },
    /// Set by `run_completed`. An ending: a restart begins a new run; a rollback can follow if no point of no return was passed.
    Completed,
}

impl RunStatus {
    /// Whether the run is over: another one may begin.
    pub fn is_ended(&self) -> bool {
        matches!(
            self,
            Self::Aborted { .. } | Self::RolledBack { .. } | Self::Completed
        )
    }
}

/// The ending nobody wants: an undo failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// The step whose failure started the undo; none when a person asked for it.
    pub failed: Option<String>,
    /// The step that could not be undone.
    pub undo: String,
    /// Why it could not.
    pub why: String,
    /// The steps that were not undone because of it, in the order in which they would have been; `undo` itself is not among them.
    pub abandoned: Vec<String>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Nothing recorded. A restart starts it.
    Pending,
    /// Set by `step_intended`: it may have acted. A restart probes it.
    Intended,
    /// Set by `step_done`. A restart passes over it.
    Done,
    /// Set by `step_already_so`: it was so before us and is not ours to undo. A restart passes over it.
    AlreadySo,
    /// Set by `step_skipped`. A restart passes over it.
    Skipped,
    /// Set by `step_failed`. A restart probes it if it was started, and starts it otherwise.
    Failed,
    /// Set by `undo_intended`: it may have been undone. A restart undoes it again.
    Undoing,
    /// Set by `undo_done`. A restart starts it afresh.
    Undone,
    /// Set by `undo_failed`. Stays until an abort or rollback undoes it.
    UndoFailed,
}

impl StepStatus {
    /// Whether the runbook may go on to the next step.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::AlreadySo | Self::Skipped)
    }
}

/// A step's part of a [`Status`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStanding {
    /// The step.
    pub id: String,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was intended in this run.
    pub attempt: u32,
    /// Whether it may have left effects: intended since the last undo.
    pub started: bool,
    point_of_no_return: bool,
    needs_approval: bool,
}

/// Where a run and each of its steps stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The run.
    pub run: RunStatus,
    /// Its steps, in order.
    pub steps: Vec<StepStanding>,
    /// The point-of-no-return step whose intent is written and which is not proven undone, or which was found done: from here there is
    /// only forward.
    pub crossed: Option<String>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            run: RunStatus::NotStarted,
            steps: Vec::new(),
            crossed: None,
        }
    }
}

/// An event that cannot happen in the status it met: a bug in the live run, a corrupt journal in a replay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{event}`{} cannot happen here: {why}", step.as_ref().map(|step| format!(" of step `{step}`")).unwrap_or_default())]
pub struct IllegalEvent {
    /// The event's kind.
    pub event: &'static str,
    /// The step it is about.
    pub step: Option<String>,
    /// Both sides: what the status is and what the event needs.
    pub why: String,
}

impl Status {
    /// The standing of a step.
    pub fn step(&self, id: &str) -> Option<&StepStanding> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The steps that may have left effects, last first: what an undo has to go through.
    pub fn started(&self) -> impl Iterator<Item = &str> {
        self.steps
            .iter()
            .rev()
            .filter(|step| step.started)
            .map(|step| step.id.as_str())
    }
}

/// Moves `status` by one `entry`. Pure: a live run calls it before an entry is written, a replay when it is read back.
///
/// # Errors
/// When the entry cannot follow this status.
pub fn next(status: &Status, entry: &Entry) -> Result<Status, IllegalEvent> {
    let illegal = |why: String| IllegalEvent {
        event: entry.kind(),
        step: entry.step().map(str::to_owned),
        why,
    };
    let mut to = status.clone();
    if let Entry::RunStarted { steps, .. } = entry {
        if status.run != RunStatus::NotStarted {
            return Err(illegal("the run has already started".into()));
        }
        to.run = RunStatus::Running;
        to.steps = steps
            .iter()
            .map(|planned| StepStanding {
                id: planned.plan.id.clone(),
                status: StepStatus::Pending,
                attempt: 0,
                started: false,
                point_of_no_return: planned.plan.point_of_no_return,
                needs_approval: planned.plan.needs_approval,
            })
            .collect();
        return Ok(to);
    }
    to.run = next_run(status, entry).map_err(illegal)?;
    if let Some(id) = entry.step() {
        let place = status.steps.iter().position(|step| step.id == id);
        let place = place.ok_or_else(|| illegal("the run has no such step".into()))?;
        next_step(&mut to, place, entry).map_err(illegal)?;
    }
    Ok(to)
}

/// The run's side of the table.
fn next_run(status: &Status, entry: &Entry) -> Result<RunStatus, String> {
    use Entry as E;
    use RunStatus as S;
    let stays = || Ok(status.run.clone());
    match (&status.run, entry) {
        (S::NotStarted, _) => Err("the run has not started".into()),
        (S::Aborted { .. } | S::RolledBack { .. }, _) => Err("the run is over".into()),
        (
            S::Completed,
            E::UndoStarted {
                purpose: UndoPurpose::Rollback,
                ..
            },
        ) => undoing(status, entry),
        (S::Completed, _) => Err("the run is complete".into()),

        (_, E::CommandAnswered { .. }) => stays(),
        // What could not be undone need not be: the run is resumed and goes forward.
        (S::Undoing { .. } | S::Stuck(_), E::PointPassed { step, .. }) => Ok(S::Failed {
            step: step.clone(),
            why: "its point of no return was found passed: it only goes forward".into(),
        }),
        (_, E::PointPassed { .. }) => stays(),
        (
            S::Stuck(_),
            E::UndoStarted {
                purpose: UndoPurpose::Abort | UndoPurpose::Rollback,
                ..
            },
        ) => undoing(status, entry),
        (S::Stuck(_), _) => Err("the run is stuck".into()),

        (S::Undoing { .. }, E::RunResumed { .. } | E::StepNoted { .. } | E::StepRetried { .. }) => stays(),
        (
            S::Undoing {
                purpose,
                because,
                left,
            },
            E::UndoIntended { step },
        ) => {
            expect_first(left, step)?;
            Ok(S::Undoing {
                purpose: *purpose,
                because: because.clone(),
                left: left.clone(),
            })
        }
        (
            S::Undoing {
                purpose,
                because,
                left,
            },
            E::UndoDone { step, .. } | E::UndoKept { step, .. },
        ) => {
            let left = expect_first(left, step)?.to_vec();
            Ok(S::Undoing {
                purpose: *purpose,
                because: because.clone(),
                left,
            })
        }
        (S::Undoing { because, left, .. }, E::UndoFailed { step, error, .. }) => {
            let abandoned = expect_first(left, step)?.to_vec();
            Ok(S::Stuck(Stuck {
                failed: because.clone(),
                undo: step.clone(),
                why: error.to_string(),
                abandoned,
            }))
        }
        (S::Undoing { left, .. }, E::RunFailed { .. } | E::RunAborted { .. } | E::RunRolledBack { .. })
            if !left.is_empty() =>
        {
            Err(format!("step `{}` is still to be undone", left[0]))
        }
        (
            S::Undoing {
                purpose: UndoPurpose::PartFailed,
                ..
            },
            E::RunFailed { step, why },
        ) => Ok(S::Failed {
            step: step.clone(),
            why: why.clone(),
        }),
        (
            S::Undoing {
                purpose: UndoPurpose::Abort,
                ..
            },
            E::RunAborted { why },
        ) => Ok(S::Aborted { why: why.clone() }),
        (
            S::Undoing {
                purpose: UndoPurpose::Rollback,
                ..
            },
            E::RunRolledBack { why },
        ) => Ok(S::RolledBack { why: why.clone() }),
        (S::Undoing { .. }, _) => Err("the run is being undone".into()),

        (_, E::RunResumed { .. }) => Ok(S::Running),
        (_, E::UndoStarted { .. }) => undoing(status, entry),
        (S::AwaitingApproval { step: awaited }, E::Approved { step, .. }) if awaited == step => {
            Ok(S::Running)
        }
        (_, E::Approved { .. }) => stays(),
        (S::AwaitingApproval { step: awaited }, E::Declined { step, by, why, .. }) if awaited == step => {
            Ok(S::Paused {
                why: format!("{by} declined: {why}"),
            })
        }
        (S::Running | S::AwaitingApproval { .. }, E::RunPaused { why }) => Ok(S::Paused { why: why.clone() }),

        (S::Running, E::ApprovalAsked { step }) => Ok(S::AwaitingApproval { step: step.clone() }),
        (S::Running, E::RunFailed { step, why }) => Ok(S::Failed {
            step: step.clone(),
            why: why.clone(),
        }),
        (S::Running, E::RunCompleted) => match status.steps.iter().find(|step| !step.status.is_closed()) {
            Some(open) => Err(format!("step `{}` is not done", open.id)),
            None => Ok(S::Completed),
        },
        (
            S::Running,
            E::StepAlreadySo { .. }
            | E::StepIntended { .. }
            | E::StepNoted { .. }
            | E::StepRetried { .. }
            | E::StepDone { .. }
            | E::StepFailed { .. }
            | E::StepSkipped { .. },
        ) => stays(),
        (S::Running, _) => Err("the run is running".into()),
        (S::AwaitingApproval { step }, _) => Err(format!("the run awaits approval of step `{step}`")),
        (S::Paused { .. }, _) => Err("the run is paused".into()),
        (S::Failed { .. }, _) => Err("the run has failed and was not resumed".into()),
    }
}

/// The step's side of the table.
fn next_step(to: &mut Status, place: usize, entry: &Entry) -> Result<(), String> {
    use Entry as E;
    use StepStatus as S;
    let in_turn = to.steps[..place].iter().all(|step| step.status.is_closed());
    if let E::PointPassed { step, .. } = entry {
        return pass_point(to, place, step);
    }
    let crossed = &mut to.crossed;
    let step = &mut to.steps[place];
    let not_from = || Err(format!("the step is `{:?}`", step.status));
    match (step.status, entry) {
        (_, E::Approved { .. } | E::ApprovalAsked { .. } | E::Declined { .. }) if !step.needs_approval => {
            return Err("the step needs no approval".into());
        }
        (_, E::Approved { .. } | E::ApprovalAsked { .. } | E::Declined { .. } | E::RunFailed { .. }) => {}
        (
            _,
            E::StepAlreadySo { .. }
            | E::StepIntended { .. }
            | E::StepSkipped { .. }
            | E::StepFailed { .. }
            | E::StepDone { .. },
        ) if !in_turn => {
            return Err("an earlier step is not done".into());
        }

        (S::Pending | S::Undone | S::Failed, E::StepAlreadySo { .. }) if !step.started => {
            step.status = S::AlreadySo
        }
        (S::Pending | S::Undone | S::Failed, E::StepSkipped { .. }) if !step.point_of_no_return => {
            step.status = S::Skipped;
        }
        (S::Pending | S::Undone | S::Failed | S::Intended, E::StepIntended { attempt, .. }) => {
            if *attempt != step.attempt + 1 {
                return Err(format!(
                    "attempt {attempt} cannot follow attempt {}",
                    step.attempt
                ));
            }
            step.status = S::Intended;
            step.attempt = *attempt;
            step.started = true;
            if step.point_of_no_return {
                *crossed = Some(step.id.clone());
            }
        }
        (S::Intended | S::Undoing, E::StepNoted { .. }) => {}
        (S::Pending | S::Undone | S::Failed | S::Intended | S::Undoing, E::StepRetried { .. }) => {}
        (S::Intended, E::StepDone { .. }) => step.status = S::Done,
        (S::Failed, E::StepDone { recovered: true, .. }) if step.started => {
            step.status = S::Done;
            if step.point_of_no_return {
                *crossed = Some(step.id.clone());
            }
        }
        (S::Pending | S::Undone | S::Failed | S::Intended, E::StepFailed { not_done, .. }) => {
            step.status = S::Failed;
            if step.point_of_no_return && *not_done {
                *crossed = None;
            }
        }
        (
            S::Intended | S::Done | S::Failed | S::Skipped | S::Undoing | S::UndoFailed,
            E::UndoIntended { .. },
        ) if step.started => {
            step.status = S::Undoing;
        }
        (S::Undoing, E::UndoDone { .. }) => {
            step.status = S::Undone;
            step.started = false;
        }
        (S::Undoing, E::UndoFailed { .. }) => step.status = S::UndoFailed,
        // What is irreversible and done stays done; half-done it is to be finished when the run is resumed.
        (S::Done, E::UndoKept { .. }) => {}
        (S::Intended | S::Failed | S::Skipped, E::UndoKept { .. }) if step.started => step.status = S::Failed,
        _ => return not_from(),
    }
    Ok(())
}

fn pass_point(to: &mut Status, place: usize, step: &str) -> Result<(), String> {
    let standing = &to.steps[place];
    if !standing.point_of_no_return || standing.started || to.crossed.is_some() {
        return Err("it is no point of no return that nobody has intended to pass".into());
    }
    to.crossed = Some(step.to_owned());
    for step in &mut to.steps {
        if matches!(step.status, StepStatus::Undoing | StepStatus::UndoFailed) {
            step.status = StepStatus::Failed;
        }
    }
    Ok(())
}

fn undoing(status: &Status, entry: &Entry) -> Result<RunStatus, String> {
    let Entry::UndoStarted {
        purpose,
        because,
        steps,
        ..
    } = entry
    else {
        return Err("nothing is being undone".into());
    };
    if let Some(step) = &status.crossed {
        return Err(format!("the point of no return, step `{step}`, is passed"));
    }
    // Last first, and only what was started: anything else would undo in the wrong order.
    let mut started = status.started();
    if let Some(stray) = steps
        .iter()
        .find(|step| !started.any(|other| other == step.as_str()))
    {
        return Err(format!("step `{stray}` was not started, or is out of order"));
    }
    Ok(RunStatus::Undoing {
        purpose: *purpose,
        because: because.clone(),
        left: steps.clone(),
    })
}

/// The rest of `left` if `step` is its first.
fn expect_first<'a>(left: &'a [String], step: &str) -> Result<&'a [String], String> {
    match left.split_first() {
        Some((first, rest)) if first == step => Ok(rest),
        Some((first, _)) => Err(format!("step `{first}` is to be undone first")),
        None => Err("everything is undone".into()),
    }
}
