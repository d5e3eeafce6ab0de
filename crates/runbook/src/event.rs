//! The one stream every view listens to.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::entry::{Entry, RunId};

/// How far a long piece of work has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being worked on: a table, a chunk, a node.
    pub what: String,
    /// Units done.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
    /// What is counted: "rows", "bytes", "transactions".
    pub unit: String,
    /// Units per second, lately.
    pub rate: Option<f64>,
    /// Seconds left at that rate.
    pub eta_seconds: Option<f64>,
}

/// What passes by and is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are said in each variant's sentence")]
pub enum Signal {
    /// `step` has come this far.
    Progress { step: String, progress: Progress },
    /// `step` waits, and why; the whole run when there is no step.
    Waiting { step: Option<String>, why: String },
    /// A person was asked to pause or abort, and it will happen at the next point where it can.
    Stopping { why: String },
}

/// One event of the stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// From 1 in each process, without gaps: the order in which everybody sees the events.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The run.
    pub run: RunId,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What an event tells. Both forms serialise with a `kind` of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// Something that is in the journal by now.
    Recorded(Entry),
    /// Something that is not.
    Passing(Signal),
}

/// How many events a slow listener may be behind before it misses some. What is recorded can be read from the journal.
const CAPACITY: usize = 1024;

/// Where events are sent, one after the other.
#[derive(Debug)]
pub struct Events {
    sender: broadcast::Sender<Event>,
    number: Mutex<u64>,
}

impl Events {
    /// A stream nobody listens to yet.
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(CAPACITY),
            number: Mutex::new(0),
        }
    }

    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    pub(crate) fn send(&self, at: Timestamp, run: RunId, what: What) {
        // Numbered and sent under one lock, so that no two listeners see another order.
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *number += 1;
        // An error means that nobody listens.
        let _ = self.sender.send(Event {
            number: *number,
            at,
            run,
            what,
        });
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}
