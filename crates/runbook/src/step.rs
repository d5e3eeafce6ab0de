//! One line of the runbook: what it says it will do, and its four beats.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::evidence::Evidence;
use crate::failure::StepError;

/// What takes a step back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// These statements, or these words where it is no statement.
    By(Vec<String>),
    /// The step changes nothing; after an undo it counts as not done, so that a check is made again.
    Nothing,
    /// Cannot be taken back, and why.
    Irreversible(String),
}

/// What a step is and will do: printed by the plan, written to the journal when a run starts. Holds no secret; where a
/// statement needs one it shows a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPlan {
    /// Stable and unique within its runbook: `load.copy`.
    pub id: String,
    /// The mission row or rows it carries out: `F8`.
    pub row: String,
    /// One line for people.
    pub title: String,
    /// The servers it touches.
    pub servers: Vec<String>,
    /// Exactly what will be run, in order.
    pub statements: Vec<String>,
    /// What takes it back.
    pub undo: Undo,
    /// How long all its beats may take together, retries included; for its undo the same again.
    #[serde(rename = "deadline_us", with = "crate::entry::micros")]
    pub deadline: Duration,
    /// Who feels it, in words: "nobody", "writers wait", "readers of `orders`".
    pub blast_radius: String,
    /// Once this step's intent is written, the run is never undone, only finished.
    pub point_of_no_return: bool,
    /// A person or a named policy must approve before it starts.
    pub needs_approval: bool,
}

impl StepPlan {
    /// A step that touches nothing, needs no approval and has a minute. Fill in the rest with struct update syntax.
    pub fn new(id: &str, row: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            row: row.to_owned(),
            title: title.to_owned(),
            servers: Vec::new(),
            statements: Vec::new(),
            undo: Undo::Nothing,
            deadline: Duration::from_secs(60),
            blast_radius: "nobody".to_owned(),
            point_of_no_return: false,
            needs_approval: false,
        }
    }
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// It is already so, with what shows it.
    Done(Evidence),
    /// Nothing of it is so, and nothing that was started earlier can still take effect.
    NotDone,
    /// Some of it is so (said in words), or it cannot be told; `act` finishes it.
    Partly(String),
    /// It cannot be done here, and why.
    Impossible(String),
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The step's claim holds, with what shows it.
    Holds(Evidence),
    /// It does not, with what shows that.
    DoesNotHold {
        /// In words.
        why: String,
        /// The measurements.
        evidence: Evidence,
    },
    /// Nobody can say; counts as a failure.
    CouldNotTell {
        /// What stood in the way.
        why: String,
    },
}

/// One step of a runbook.
///
/// A step keeps no state between its beats: any beat may be the first one that a new process calls. What one beat must
/// know of another goes through the servers, through evidence, or through [`Context::note`].
///
/// Every beat is dropped at an await when the step's deadline passes.
#[async_trait]
pub trait Step: Send + Sync {
    /// What the step is and will do. Must be the same whenever it is asked during a run.
    fn plan(&self) -> StepPlan;

    /// Is it already so? Read-only, cheap, time-bounded; may be called at any time, any number of times.
    ///
    /// # Errors
    /// When it cannot look.
    async fn probe(&self, cx: &Context) -> Result<Probe, StepError>;

    /// Makes it so. The only beat that writes. Idempotent: called again after it finished, failed half-way or was
    /// killed, it ends in the same state, with the same effects as if it had run once.
    ///
    /// # Errors
    /// When it could not; the error says whether another try can help.
    async fn act(&self, cx: &Context) -> Result<Evidence, StepError>;

    /// Looks whether it is so, trusting nothing that `act` reported. Read-only.
    ///
    /// # Errors
    /// When it cannot look.
    async fn verify(&self, cx: &Context) -> Result<Verdict, StepError>;

    /// Takes it back. Idempotent, and correct from any state `act` can leave behind, "never started" included. Called
    /// only where the plan says [`Undo::By`]; its context never asks it to stop.
    ///
    /// # Errors
    /// When it could not: the run is stuck then.
    async fn undo(&self, cx: &Context) -> Result<Evidence, StepError> {
        let _ = cx;
        Ok(Evidence::none())
    }
}
