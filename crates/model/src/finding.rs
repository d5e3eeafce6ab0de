use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The move fails, or loses something, unless it is mended or waived.
    Blocks,
    /// The move works, and something is worse or different afterwards.
    Degrades,
    /// To be known.
    Note,
}

/// Whether a check saw what it reports, or could not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is so.
    Found,
    /// Nothing can be said: a privilege is missing, or the server did not answer. Never the same as "nothing found".
    CouldNotTell,
}

/// What a check reports of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's stable id.
    pub id: String,
    /// The runbook's rows that it matters for, such as `P1`.
    pub rows: Vec<String>,
    /// How much it matters.
    pub severity: Severity,
    /// The server's label and address.
    pub server: String,
    /// What it is about, as the server names it.
    pub object: String,
    /// What was seen.
    pub evidence: String,
    /// What to do about it.
    pub remedy: String,
    /// The exact statement that does it, where there is one.
    pub statement: Option<String>,
    /// Whether it was seen, or could not be looked at.
    pub told: Told,
}
