//! How another process, or a person elsewhere, speaks to the conductor.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::store::StoreError;

/// What is asked of the conductor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Ask {
    /// Let a gate open: `step`, or whichever step waits.
    Approve {
        /// The step; none means the one that waits now.
        step: Option<String>,
    },
    /// Keep a gate shut: the run pauses.
    Decline {
        /// The step; none means the one that waits now.
        step: Option<String>,
        /// Why.
        why: String,
    },
    /// Stop before the next step, or after the span that is running.
    Pause {
        /// Why.
        why: String,
    },
    /// Go on.
    Resume,
    /// Undo what this run started. Refused after the point of no return.
    Abort {
        /// Why.
        why: String,
    },
}

impl Ask {
    /// Its stable name.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Decline { .. } => "decline",
            Self::Pause { .. } => "pause",
            Self::Resume => "resume",
            Self::Abort { .. } => "abort",
        }
    }
}

/// A message to the conductor. It is nothing but a request: the conductor judges and answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its number in the inbox.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
    /// Who asks.
    pub by: String,
    /// When.
    pub posted_at: Timestamp,
    /// Judged at this time or later it is refused. For an approval also the moment until which it holds.
    pub expires_at: Timestamp,
    /// What the conductor said; none while it has not looked.
    pub answer: Option<Answer>,
}

/// What the conductor said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it does what was asked.
    pub accepted: bool,
    /// Why, or when.
    pub reason: String,
    /// When it said so.
    pub at: Timestamp,
}

/// The conductor's letter box. Any process may post and read; only the conductor answers.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Posts a message and returns its number. Durable when it returns.
    ///
    /// # Errors
    /// When the store fails; the message may be there or not.
    async fn post(
        &self,
        ask: &Ask,
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The messages without an answer, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    async fn pending(&self) -> Result<Vec<Command>, StoreError>;

    /// Every message, oldest first, answered or not.
    ///
    /// # Errors
    /// When the store fails.
    async fn all(&self) -> Result<Vec<Command>, StoreError>;

    /// Answers a message. The first answer stays: answering again changes nothing.
    ///
    /// # Errors
    /// When the store fails; the conductor then answers again later.
    async fn answer(&self, id: u64, answer: &Answer) -> Result<(), StoreError>;
}

/// Waits until message `id` is answered, for at most `patience`. None when it was not: no conductor is running, or it is
/// busy; the message stays and is judged later.
///
/// # Errors
/// When the store fails.
pub async fn await_answer(
    inbox: &dyn Inbox,
    clock: &dyn Clock,
    id: u64,
    patience: Duration,
) -> Result<Option<Answer>, StoreError> {
    let start = clock.monotonic();
    loop {
        let answer = inbox
            .all()
            .await?
            .into_iter()
            .find(|command| command.id == id)
            .and_then(|command| command.answer);
        if answer.is_some() || clock.monotonic().saturating_sub(start) >= patience {
            return Ok(answer);
        }
        clock.sleep(Duration::from_millis(100)).await;
    }
}
