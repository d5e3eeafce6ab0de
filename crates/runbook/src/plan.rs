//! What a step says it will do, before anything is done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
    #[serde(rename = "deadline_us", with = "crate::micros")]
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
