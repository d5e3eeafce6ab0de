//! How a person, or a policy with a name, opens a gate.

use std::time::Duration;

use async_trait::async_trait;

use crate::entry::{PlannedStep, RunId};

/// What an approver is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// The run.
    pub run: RunId,
    /// The play.
    pub play: String,
    /// The step that waits.
    pub step: PlannedStep,
    /// The rest of its span, which follows without another question.
    pub followed_by: Vec<PlannedStep>,
}

/// What an approver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The step may start.
    Approve {
        /// Who says so.
        by: String,
        /// For how long it holds.
        lifetime: Duration,
    },
    /// It may not; the run pauses.
    Decline {
        /// Who says so.
        by: String,
        /// Why.
        why: String,
    },
    /// Nobody here can say; the inbox may.
    NotHere,
}

/// Somebody who can be asked in this process: the terminal, a policy.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks. Dropped when the answer comes from elsewhere first.
    async fn ask(&self, request: &ApprovalRequest) -> Decision;
}

/// Approves everything in the name of a policy: `--yes`.
#[derive(Debug, Clone)]
pub struct Policy {
    name: String,
}

impl Policy {
    /// `name` is what the journal will say: "policy: --yes given by alice".
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }
}

#[async_trait]
impl Approver for Policy {
    async fn ask(&self, _request: &ApprovalRequest) -> Decision {
        Decision::Approve {
            by: self.name.clone(),
            lifetime: Duration::from_secs(60),
        }
    }
}

/// Nobody: every approval has to come through the inbox.
#[derive(Debug, Clone, Copy, Default)]
pub struct InboxOnly;

#[async_trait]
impl Approver for InboxOnly {
    async fn ask(&self, _request: &ApprovalRequest) -> Decision {
        Decision::NotHere
    }
}
