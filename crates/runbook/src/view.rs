//! What there is to see: a read model for status, report and dashboard. Reading takes no lease and disturbs nobody.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::conductor::Conductor;
use crate::entry::{PlannedStep, RunId};
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::history::{Approval, History, ReplayError, Run, StepHistory};
use crate::inbox::{Command, Inbox};
use crate::micros::Micros;
use crate::plan::Undo;
use crate::record::{BrokenChain, Record};
use crate::runbook::Runbook;
use crate::status::{RunStatus, StepStanding, StepStatus};
use crate::store::{Store, StoreError};

/// Everything a journal and its inbox have to show. Serialises with stable field names; times are RFC 3339, durations seconds.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Whether what follows can be trusted.
    pub chain: ChainView,
    /// Who holds the lease.
    pub conductor: Option<ConductorView>,
    /// The runs, oldest first; of a broken journal, what stands before the break.
    pub runs: Vec<RunView>,
    /// What was asked of the conductor, oldest first, with its answers.
    pub commands: Vec<Command>,
    #[serde(skip)]
    history: History,
}

/// Whether the journal is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainView {
    /// How many records there are.
    pub records: u64,
    /// The last record's hash: written down elsewhere, it proves later that nothing before it was changed.
    pub last_hash: Option<String>,
    /// The first record that cannot be trusted, and why.
    pub broken: Option<BrokenChain>,
}

/// Who conducts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConductorView {
    /// The process.
    #[serde(flatten)]
    pub conductor: Conductor,
    /// Whether it is known to be gone; a new one can start at once then.
    pub dead: bool,
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    /// Its number.
    pub id: RunId,
    /// The play.
    pub play: String,
    /// Where it stands: field `status`, with what belongs to it.
    #[serde(flatten)]
    pub status: RunStatus,
    /// Who started it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The point of no return it has passed.
    pub crossed: Option<String>,
    /// Its steps, in order.
    pub steps: Vec<StepView>,
    /// The approvals it was given.
    pub approvals: Vec<Approval>,
}

/// One step of a run, or of a plan that was not started.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// The mission rows.
    pub row: String,
    /// One line for people.
    pub title: String,
    /// The span it belongs to.
    pub span: Option<String>,
    /// The servers it touches.
    pub servers: Vec<String>,
    /// What it runs.
    pub statements: Vec<String>,
    /// What takes it back.
    pub undo: Undo,
    /// Who feels it.
    pub blast_radius: String,
    /// How long it may take.
    pub deadline_seconds: f64,
    /// Whether there is only forward from here.
    pub point_of_no_return: bool,
    /// Whether somebody must approve.
    pub needs_approval: bool,
    /// Where it stands.
    pub step_status: StepStatus,
    /// How often it was started.
    pub attempt: u32,
    /// How often a beat was tried again.
    pub retries: u32,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When its last outcome was written.
    pub ended_at: Option<Timestamp>,
    /// How long it took.
    pub took_seconds: Option<f64>,
    /// How long it took in earlier runs, oldest first.
    pub took_before_seconds: Vec<f64>,
    /// Whether it was found done after an interruption.
    pub recovered: bool,
    /// What it measured.
    pub evidence: Evidence,
    /// What its verification measured.
    pub verified: Evidence,
    /// What it wrote down while it worked.
    pub notes: Vec<Evidence>,
    /// Its last failure.
    pub error: Option<StepError>,
    /// Why it was skipped, or why an undo left it as it is.
    pub remark: Option<String>,
}

impl View {
    /// Reads everything. `here` is the process that looks: it decides what can be said about the conductor's life.
    ///
    /// # Errors
    /// When the store fails. A broken journal is no error: the view says where it breaks.
    pub async fn load(store: &dyn Store, inbox: &dyn Inbox, here: &Conductor) -> Result<Self, StoreError> {
        let records = store.read(0).await?;
        let holder = store.holder().await?;
        let conductor = holder.map(|conductor| ConductorView {
            dead: conductor.is_dead_seen_from(here),
            conductor,
        });
        let (history, broken) = replay(&records);
        let chain = ChainView {
            records: records.len() as u64,
            last_hash: records.last().map(|last| last.hash.to_string()),
            broken,
        };
        let runs = history
            .runs()
            .iter()
            .map(|run| RunView::of(run, &history))
            .collect();
        Ok(Self {
            chain,
            conductor,
            runs,
            commands: inbox.all().await?,
            history,
        })
    }

    /// What a new run of `runbook` would do, with what each step took in earlier runs.
    pub fn plan(&self, runbook: &Runbook) -> Vec<StepView> {
        let measured = |step: &PlannedStep| self.history.measured(&step.plan.id);
        let steps = runbook.plan().into_iter();
        steps
            .map(|step| (measured(&step), StepHistory::new(step)))
            .map(|(took, step)| StepView::of(&step, None, took))
            .collect()
    }

    /// The run that is not over.
    pub fn open(&self) -> Option<&RunView> {
        self.runs.iter().rev().find(|run| !run.status.is_ended())
    }

    /// The history it was made from.
    pub fn history(&self) -> &History {
        &self.history
    }
}

impl RunView {
    fn of(run: &Run, history: &History) -> Self {
        let steps = run.steps.iter().zip(&run.status.steps).map(|(step, standing)| {
            let earlier = history.runs().iter().filter(|earlier| earlier.id < run.id);
            let took = earlier
                .filter_map(|earlier| earlier.step(&standing.id)?.took)
                .map(Duration::from);
            StepView::of(step, Some(standing), took.collect())
        });
        Self {
            id: run.id,
            play: run.play.clone(),
            status: run.status.run.clone(),
            started_by: run.started_by.clone(),
            started_at: run.started_at,
            ended_at: run.ended_at,
            crossed: run.status.crossed.clone(),
            steps: steps.collect(),
            approvals: run.approvals.clone(),
        }
    }
}

impl StepView {
    fn of(step: &StepHistory, standing: Option<&StepStanding>, took_before: Vec<Duration>) -> Self {
        let plan = step.planned.plan.clone();
        let seconds = |took: Micros| Duration::from(took).as_secs_f64();
        Self {
            id: plan.id,
            row: plan.row,
            title: plan.title,
            span: step.planned.span.clone(),
            servers: plan.servers,
            statements: plan.statements,
            undo: plan.undo,
            blast_radius: plan.blast_radius,
            deadline_seconds: plan.deadline.as_secs_f64(),
            point_of_no_return: plan.point_of_no_return,
            needs_approval: plan.needs_approval,
            step_status: standing.map_or(StepStatus::Pending, |standing| standing.status),
            attempt: standing.map_or(0, |standing| standing.attempt),
            retries: step.retries,
            started_at: step.started_at,
            ended_at: step.ended_at,
            took_seconds: step.took.map(seconds),
            took_before_seconds: took_before.iter().map(Duration::as_secs_f64).collect(),
            recovered: step.recovered,
            evidence: step.evidence.clone(),
            verified: step.verified.clone(),
            notes: step.notes.clone(),
            error: step.error.clone(),
            remark: step.remark.clone(),
        }
    }
}

/// The history of the longest beginning that can be trusted, and what is wrong with the next record.
fn replay(records: &[Record]) -> (History, Option<BrokenChain>) {
    match History::replay(records) {
        Ok(history) => (history, None),
        Err(e) => {
            let broken = match e {
                ReplayError::Broken(broken) => broken,
                ReplayError::Format { seq, source } => BrokenChain {
                    seq,
                    why: source.to_string(),
                },
                ReplayError::Illegal { seq, source } => BrokenChain {
                    seq,
                    why: source.to_string(),
                },
            };
            let sound = records
                .len()
                .min(usize::try_from(broken.seq.saturating_sub(1)).unwrap_or(0));
            (replay(&records[..sound]).0, Some(broken))
        }
    }
}
