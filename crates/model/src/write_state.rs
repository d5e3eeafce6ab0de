use serde::{Deserialize, Serialize};

/// Whether applications can write to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteState {
    /// Applications can write.
    Writable,
    /// Every path of the fence is closed.
    Fenced,
    /// Some paths are closed and others open; which, in words. Counts as writable wherever that is the safer reading.
    Partly(String),
}

impl WriteState {
    /// Whether an application could get a write through.
    #[must_use]
    pub const fn may_be_written(&self) -> bool {
        !matches!(self, Self::Fenced)
    }
}

/// Proof that a server refuses writes: what was tried and how the server refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceProof {
    /// The statement that was tried.
    pub statement: String,
    /// The server's refusal, with its code.
    pub refusal: String,
}
