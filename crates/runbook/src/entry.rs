//! The journal's vocabulary: everything that can be written down.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conductor::Conductor;
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::micros::Micros;
use crate::plan::StepPlan;

/// The number of a run within its journal, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A step's plan as it stood when the run started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The plan.
    #[serde(flatten)]
    pub plan: StepPlan,
    /// The span it belongs to.
    pub span: Option<String>,
}

/// Why steps are being undone; decides how the run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoPurpose {
    /// A part failed and takes its own steps back; the run ends failed, resumable.
    PartFailed,
    /// Somebody aborted an unfinished run; it ends aborted.
    Abort,
    /// Somebody takes back what a run did; it ends rolled back.
    Rollback,
}

/// One thing that happened in a run. The journal keeps them, [`next`](crate::next) judges them, the event stream shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are said in each variant's sentence")]
pub enum Entry {
    /// A run of `play` began with these steps.
    RunStarted {
        play: String,
        takes_back: Option<String>,
        steps: Vec<PlannedStep>,
        conductor: Conductor,
    },
    /// A conductor went on with a run that was paused, failed, waiting, or left by a conductor that died.
    RunResumed { conductor: Conductor },
    /// The run stopped between two steps because somebody asked.
    RunPaused { why: String },
    /// The run stopped because `step` failed; it can be resumed.
    RunFailed { step: String, why: String },
    /// The run was taken back unfinished.
    RunAborted { why: String },
    /// What the run did was taken back.
    RunRolledBack { why: String },
    /// Every step is done.
    RunCompleted,

    /// `step` waits for a person.
    ApprovalAsked { step: String },
    /// `by` allows one start of `step` until `expires`; `command` is the inbox message that said so.
    Approved {
        step: String,
        by: String,
        expires: Timestamp,
        command: Option<u64>,
    },
    /// `by` does not allow it; the run pauses.
    Declined {
        step: String,
        by: String,
        why: String,
        command: Option<u64>,
    },
    /// A message from the inbox was judged. Accepted approvals are `Approved` instead.
    CommandAnswered {
        command: u64,
        verb: String,
        by: String,
        accepted: bool,
        reason: String,
    },

    /// It was already so before the step did anything; it will not be undone.
    StepAlreadySo { step: String, evidence: Evidence },
    /// `step` is about to act. Durable before it does. `attempt` counts from 1 over the whole run.
    StepIntended { step: String, attempt: u32 },
    /// The step wrote something down in the middle of its work.
    StepNoted { step: String, note: Evidence },
    /// A beat failed and is tried again.
    StepRetried {
        step: String,
        beat: String,
        error: StepError,
    },
    /// The step acted and was verified. `recovered`: the act was found done after an interruption, so `took` says nothing
    /// about its duration.
    StepDone {
        step: String,
        evidence: Evidence,
        verified: Evidence,
        #[serde(rename = "took_us")]
        took: Micros,
        recovered: bool,
    },
    /// The step failed. `not_done`: a probe afterwards showed that nothing of it is so.
    StepFailed {
        step: String,
        error: StepError,
        #[serde(rename = "took_us")]
        took: Micros,
        not_done: bool,
    },
    /// Somebody decided to go on without it.
    StepSkipped { step: String, why: String },
    /// What the point-of-no-return step does was found done, though its intent was never written: whatever the run works on did it
    /// while nobody conducted. From here there is only forward.
    PointPassed { step: String, evidence: Evidence },

    /// `steps` will be undone in this order.
    UndoStarted {
        purpose: UndoPurpose,
        because: Option<String>,
        why: String,
        steps: Vec<String>,
    },
    /// `step` is about to be undone. Durable before it is.
    UndoIntended { step: String },
    /// It is undone.
    UndoDone {
        step: String,
        evidence: Evidence,
        #[serde(rename = "took_us")]
        took: Micros,
    },
    /// It is irreversible and stays as it is.
    UndoKept { step: String, reason: String },
    /// It could not be undone: the run is stuck.
    UndoFailed {
        step: String,
        error: StepError,
        #[serde(rename = "took_us")]
        took: Micros,
    },
}

impl Entry {
    /// The step it is about.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::RunStarted { .. }
            | Self::RunResumed { .. }
            | Self::RunPaused { .. }
            | Self::RunAborted { .. }
            | Self::RunRolledBack { .. }
            | Self::RunCompleted
            | Self::CommandAnswered { .. }
            | Self::UndoStarted { .. } => None,
            Self::RunFailed { step, .. }
            | Self::ApprovalAsked { step }
            | Self::Approved { step, .. }
            | Self::Declined { step, .. }
            | Self::StepAlreadySo { step, .. }
            | Self::StepIntended { step, .. }
            | Self::StepNoted { step, .. }
            | Self::StepRetried { step, .. }
            | Self::StepDone { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepSkipped { step, .. }
            | Self::UndoIntended { step }
            | Self::UndoDone { step, .. }
            | Self::UndoKept { step, .. }
            | Self::PointPassed { step, .. }
            | Self::UndoFailed { step, .. } => Some(step),
        }
    }

    /// Its stable name, as in the journal's `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::RunResumed { .. } => "run_resumed",
            Self::RunPaused { .. } => "run_paused",
            Self::RunFailed { .. } => "run_failed",
            Self::RunAborted { .. } => "run_aborted",
            Self::RunRolledBack { .. } => "run_rolled_back",
            Self::RunCompleted => "run_completed",
            Self::ApprovalAsked { .. } => "approval_asked",
            Self::Approved { .. } => "approved",
            Self::Declined { .. } => "declined",
            Self::CommandAnswered { .. } => "command_answered",
            Self::StepAlreadySo { .. } => "step_already_so",
            Self::StepIntended { .. } => "step_intended",
            Self::StepNoted { .. } => "step_noted",
            Self::StepRetried { .. } => "step_retried",
            Self::StepDone { .. } => "step_done",
            Self::StepFailed { .. } => "step_failed",
            Self::StepSkipped { .. } => "step_skipped",
            Self::UndoStarted { .. } => "undo_started",
            Self::UndoIntended { .. } => "undo_intended",
            Self::UndoDone { .. } => "undo_done",
            Self::UndoKept { .. } => "undo_kept",
            Self::PointPassed { .. } => "point_passed",
            Self::UndoFailed { .. } => "undo_failed",
        }
    }
}
