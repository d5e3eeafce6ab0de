//! One line of the runbook: what it says it will do, and its four beats.

use async_trait::async_trait;

use crate::context::Context;
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::plan::StepPlan;

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

    /// Whether what it does may come about by itself once all before it is begun, while nobody conducts: whatever the run works on goes
    /// on when its conductor has died. Of a point of no return that is asked before anything is undone.
    fn happens_alone(&self) -> bool {
        false
    }

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
