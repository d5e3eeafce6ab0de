//! How a step fails.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// Whether trying a failed beat again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// At once: a connection was lost, a deadlock chose us.
    Now,
    /// After this long: a server is restarting, a lock is held.
    After(Duration),
    /// Not without somebody changing something.
    Never,
}

/// Why a step failed; survives a crash, because it is written to the journal and read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", chain.join(": "))]
pub struct StepError {
    chain: Vec<String>,
    hint: Option<String>,
    retry: Retry,
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    evidence: Evidence,
    #[serde(default)]
    stopped: bool,
}

impl StepError {
    /// A failure nobody should retry. `message`: lowercase, what happened to which object on which server.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            chain: vec![message.into()],
            hint: None,
            retry: Retry::Never,
            evidence: Evidence::none(),
            stopped: false,
        }
    }

    /// `message`, caused by `source` and everything below it.
    pub fn caused_by(message: impl Into<String>, source: &(dyn std::error::Error + 'static)) -> Self {
        let mut error = Self::new(message);
        let mut next = Some(source);
        while let Some(cause) = next {
            error.chain.push(cause.to_string());
            next = cause.source();
        }
        error
    }

    /// The step stopped at a safe point because its context asked it to (pause or abort). It is no failure: the step
    /// stays started and is probed when the run goes on.
    pub fn stopped() -> Self {
        Self {
            stopped: true,
            ..Self::new("stopped at a safe point, as asked")
        }
    }

    /// What the operator should try.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// What was measured when it failed.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// The messages, from what failed down to the root cause.
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// What the operator should try.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// What was measured when it failed.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Whether this is [`StepError::stopped`].
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}
