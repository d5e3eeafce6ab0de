//! Carries a runbook out, in order, writing down everything before and after it does it.

mod attempt;
mod desk;
mod gate;
mod part;
mod unwind;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::approval::Approver;
use crate::context::Stop;
use crate::entry::{Entry, PlannedStep, RunId, UndoPurpose};
use crate::history::{History, Run};
use crate::inbox::Inbox;
use crate::journal::{Journal, JournalError};
use crate::ruling::past_the_point;
use crate::runbook::{Part, Runbook};
use crate::status::{RunStatus, Status, Stuck};
use crate::store::StoreError;
use desk::Desk;

/// How the executor behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Stay and wait while the run is paused or a gate is shut; if not, return and leave it to a later start.
    pub wait: bool,
    /// How often the inbox is looked at.
    pub poll: Duration,
    /// How often a beat that says it may be retried is tried in all.
    pub attempts: u32,
    /// How long an undo that says it may be retried is tried again, each time with the step's deadline: while a server is
    /// away nobody can write there, and the undo is what lets them as soon as it is back.
    pub undo_patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wait: true,
            poll: Duration::from_millis(250),
            attempts: 5,
            undo_patience: Duration::from_secs(600),
        }
    }
}

/// What is asked of one start.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Who starts it.
    pub actor: String,
    /// Pause after this step (after its span, if it is in one).
    pub until: Option<String>,
    /// Steps to go on without, each with the reason. Not a point of no return.
    pub skip: BTreeMap<String, String>,
}

/// Why a run was not started, or could not go on. How a run *ended*, also badly, is a [`RunStatus`], not an error.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are said in each message")]
pub enum ExecuteError {
    /// The journal failed: the process must stop. What was started is looked at by the next start.
    #[error("the conductor has to stop")]
    Journal(#[from] JournalError),
    /// The inbox failed.
    #[error("the conductor could not read its inbox")]
    Inbox(#[source] StoreError),
    /// The steps are not those the open run was started with.
    #[error("run {run} of `{play}` was started with other steps: {difference}")]
    RunbookChanged {
        run: RunId,
        play: String,
        difference: String,
    },
    /// Another play is under way.
    #[error("run {run} of `{play}` is not over")]
    OtherRunOpen { run: RunId, play: String },
    /// An undo failed earlier.
    #[error("run {run} is stuck: step `{}` could not be undone: {}", stuck.undo, stuck.why)]
    Stuck { run: RunId, stuck: Box<Stuck> },
    /// An abort or a rollback came too late.
    #[error("run {run} cannot be undone: {}", past_the_point(step))]
    PastPointOfNoReturn { run: RunId, step: String },
    /// A name that means nothing.
    #[error("the runbook `{play}` has no step `{step}`")]
    UnknownStep { play: String, step: String },
    /// A skip that would be a lie.
    #[error("step `{step}` cannot be skipped: {why}")]
    CannotSkip { step: String, why: &'static str },
    /// There is no run to abort or roll back.
    #[error("there is no run of `{play}` to {verb}")]
    NothingToUndo { play: String, verb: &'static str },
}

impl ExecuteError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Journal(error) => error.hint(),
            Self::Inbox(error) => error.hint(),
            Self::RunbookChanged { .. } => {
                "restore the plan file that this run was started with, or abort the run and start another"
            }
            Self::OtherRunOpen { .. } => "finish that run or abort it first",
            Self::Stuck { .. } => {
                "mend what the message says, then abort the run (`daybreak rollback`): the undo is tried again"
            }
            Self::PastPointOfNoReturn { .. } => {
                "finish the move with the command that began it, if it is not over; then `daybreak failback` moves writes home"
            }
            Self::UnknownStep { .. } => "`daybreak plan` lists the steps",
            Self::CannotSkip { .. } => "run it, or take it out of the plan",
            Self::NothingToUndo { .. } => "`daybreak status` lists the runs",
        }
    }
}

/// Carries out one runbook on one journal.
///
/// For each step: intent written, act, verify, outcome written with the evidence. At the start, what was intended without an
/// outcome is probed first. Before the point of no return a failed part undoes itself if it was built so; after it, a run
/// only ever goes forward.
pub struct Executor {
    journal: Journal,
    runbook: Runbook,
    inbox: Arc<dyn Inbox>,
    approver: Arc<dyn Approver>,
    settings: Settings,
    desk: Desk,
}

/// What follows a part of the runbook.
enum Flow {
    Next,
    /// The part gave way and is to be looked at again.
    Again,
    Over(RunStatus),
}

impl Executor {
    /// An executor of `runbook`. Nothing happens yet.
    pub fn new(
        journal: Journal,
        runbook: Runbook,
        inbox: Arc<dyn Inbox>,
        approver: Arc<dyn Approver>,
        settings: Settings,
    ) -> Self {
        Self {
            journal,
            runbook,
            inbox,
            approver,
            settings,
            desk: Desk::new(),
        }
    }

    /// The journal it writes to.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The runbook it carries out.
    pub fn runbook(&self) -> &Runbook {
        &self.runbook
    }

    /// Starts a run, or goes on with the one that is not over: after a pause, a failure, a kill. An undo that was interrupted
    /// is finished first, and is then all that this call does.
    ///
    /// Returns when the run is over, has failed, is stuck, or (if the settings say not to wait) is paused or awaits approval.
    ///
    /// # Errors
    /// When it may not start, or when the journal fails; then nothing more was done.
    pub async fn run(&self, options: &RunOptions) -> Result<RunStatus, ExecuteError> {
        self.check(options)?;
        let conductor = self.journal.conductor().clone();
        let open = self.journal.look(|history| history.open().cloned()).await;
        let run = match open {
            None => {
                let run = self.journal.look(History::next_run).await;
                let entry = Entry::RunStarted {
                    play: self.runbook.play().to_owned(),
                    takes_back: self.runbook.takes_back().map(str::to_owned),
                    steps: self.runbook.plan(),
                    conductor,
                };
                self.desk.begin(None);
                self.journal.append(run, &options.actor, vec![entry]).await?;
                run
            }
            Some(open) => {
                self.check_same(&open)?;
                let passed = self.has_passed(open.id).await?;
                if let (RunStatus::Stuck(stuck), false) = (open.status.run.clone(), passed) {
                    return Err(ExecuteError::Stuck {
                        run: open.id,
                        stuck: Box::new(stuck),
                    });
                }
                // What came in while nobody conducted is judged by where the run stood then.
                self.desk.begin(open.abort_asked.clone());
                self.read_inbox(open.id, None).await?;
                let status = self.status(open.id).await.run;
                let declined = status != open.status.run && matches!(status, RunStatus::Paused { .. });
                if declined {
                    return Ok(status);
                }
                self.desk.take_resume();
                let entry = Entry::RunResumed { conductor };
                self.journal.append(open.id, &options.actor, vec![entry]).await?;
                open.id
            }
        };
        if let RunStatus::Undoing { .. } = self.status(run).await.run {
            return self.finish_undo(run).await;
        }
        self.carry_out(run, options).await
    }

    async fn carry_out(&self, run: RunId, options: &RunOptions) -> Result<RunStatus, ExecuteError> {
        let last = self.runbook.parts().last();
        for part in self.runbook.parts() {
            while !self.is_over(run, part).await {
                match self.carry_out_part(run, part, options).await? {
                    Flow::Next => break,
                    Flow::Again => {}
                    Flow::Over(status) => return Ok(status),
                }
            }
            // Also when it was done before: asked twice to go as far as the load, a run does not go on to the cut-over.
            if let Some(until) = &options.until
                && part.steps.iter().any(|bound| bound.plan.id == *until)
                && !last.is_some_and(|last| std::ptr::eq(last, part))
            {
                let why = format!("step `{until}` is done, as far as it was to go");
                self.journal
                    .append(run, &options.actor, vec![Entry::RunPaused { why }])
                    .await?;
                return Ok(self.status(run).await.run);
            }
        }
        self.append(run, vec![Entry::RunCompleted]).await?;
        Ok(RunStatus::Completed)
    }

    async fn carry_out_part(
        &self,
        run: RunId,
        part: &Part,
        options: &RunOptions,
    ) -> Result<Flow, ExecuteError> {
        if let Flow::Over(status) = self.between(run, options).await? {
            return Ok(Flow::Over(status));
        }
        let first = &part.steps[0].plan.id;
        if let Some(why) = options.skip.get(first) {
            let entry = Entry::StepSkipped {
                step: first.clone(),
                why: why.clone(),
            };
            self.journal.append(run, &options.actor, vec![entry]).await?;
            return Ok(Flow::Next);
        }
        if let Flow::Over(status) = self.pass_gate(run, part, options).await? {
            return Ok(Flow::Over(status));
        }
        self.execute(run, part).await
    }

    async fn is_over(&self, run: RunId, part: &Part) -> bool {
        let status = self.status(run).await;
        part.steps.iter().all(|bound| is_closed(&status, &bound.plan.id))
    }

    /// The point between two parts: where a run can pause and abort.
    async fn between(&self, run: RunId, options: &RunOptions) -> Result<Flow, ExecuteError> {
        self.read_inbox(run, None).await?;
        loop {
            let stop = self.desk.stop();
            let status = self.status(run).await.run;
            match (stop, &status) {
                (Stop::Abort, _) => {
                    let (by, why) = self.desk.reason();
                    let status = self.unwind(run, &by, UndoPurpose::Abort, &why).await?;
                    return Ok(Flow::Over(status));
                }
                (Stop::Pause, RunStatus::Running | RunStatus::AwaitingApproval { .. }) => {
                    let (by, why) = self.desk.reason();
                    self.journal
                        .append(run, &by, vec![Entry::RunPaused { why }])
                        .await?;
                    self.desk.paused();
                }
                (_, RunStatus::Running | RunStatus::AwaitingApproval { .. }) => return Ok(Flow::Next),
                (_, RunStatus::Paused { .. }) if self.desk.take_resume() => {
                    let conductor = self.journal.conductor().clone();
                    self.journal
                        .append(run, &options.actor, vec![Entry::RunResumed { conductor }])
                        .await?;
                }
                (_, RunStatus::Paused { .. }) if !self.settings.wait => return Ok(Flow::Over(status)),
                _ => {
                    self.journal.beat().await?;
                    self.journal.clock().sleep(self.settings.poll).await;
                    self.read_inbox(run, None).await?;
                }
            }
        }
    }

    fn check(&self, options: &RunOptions) -> Result<(), ExecuteError> {
        let play = self.runbook.play();
        if let Some(step) = options
            .until
            .iter()
            .chain(options.skip.keys())
            .find(|step| self.runbook.find(step).is_none())
        {
            return Err(ExecuteError::UnknownStep {
                play: play.to_owned(),
                step: step.clone(),
            });
        }
        for step in options.skip.keys() {
            let refuse = |why| {
                Err(ExecuteError::CannotSkip {
                    step: step.clone(),
                    why,
                })
            };
            let part = self
                .runbook
                .parts()
                .iter()
                .find(|part| part.steps.iter().any(|bound| bound.plan.id == *step));
            match part {
                Some(part) if part.span.is_some() => return refuse("it belongs to a span"),
                Some(part) if part.steps[0].plan.point_of_no_return => {
                    return refuse("it is the point of no return");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The open run must be of this play and of these steps. Statements may differ: a password's placeholder, a version.
    fn check_same(&self, open: &Run) -> Result<(), ExecuteError> {
        let (run, play) = (open.id, open.play.clone());
        if play != self.runbook.play() {
            return Err(ExecuteError::OtherRunOpen { run, play });
        }
        let shape = |step: &PlannedStep| {
            let plan = &step.plan;
            (
                plan.id.clone(),
                step.span.clone(),
                plan.point_of_no_return,
                plan.needs_approval,
            )
        };
        let then = open
            .steps
            .iter()
            .map(|step| shape(&step.planned))
            .collect::<Vec<_>>();
        let now = self.runbook.plan().iter().map(shape).collect::<Vec<_>>();
        let place = (0..then.len().max(now.len())).find(|place| then.get(*place) != now.get(*place));
        let Some(place) = place else { return Ok(()) };
        let name = |list: &[(String, Option<String>, bool, bool)]| {
            list.get(place)
                .map_or_else(|| "nothing".to_owned(), |(id, ..)| format!("`{id}`"))
        };
        let difference = format!(
            "its step {} was {}, now it is {}, or differs in its gate or span",
            place + 1,
            name(&then),
            name(&now)
        );
        Err(ExecuteError::RunbookChanged {
            run,
            play,
            difference,
        })
    }

    async fn status(&self, run: RunId) -> Status {
        self.journal.status(run).await
    }

    async fn append(&self, run: RunId, entries: Vec<Entry>) -> Result<(), ExecuteError> {
        Ok(self
            .journal
            .append(run, &self.journal.conductor().name, entries)
            .await?)
    }
}

fn is_closed(status: &Status, step: &str) -> bool {
    status.step(step).is_some_and(|step| step.status.is_closed())
}
