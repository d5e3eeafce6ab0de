use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How changes go from one server to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieKind {
    /// MySQL family: the binary log is read and applied.
    BinaryLog,
    /// PostgreSQL: the write-ahead log is streamed to a standby of the same files.
    PhysicalStream,
    /// PostgreSQL: a subscription applies decoded changes.
    LogicalStream,
    /// MySQL: members of one group agree on the order of transactions (Group Replication).
    Group,
}

/// Which way a tie leads, as seen from the server that tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It gets changes from the other.
    Follows,
    /// The other gets changes from it.
    FollowedBy,
}

/// One server's word that it is tied to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tie {
    /// How changes go.
    pub kind: TieKind,
    /// Which way.
    pub direction: Direction,
    /// The other, as `host:port`; `host (name)` where the server does not know at which port the other listens.
    pub other: String,
    /// Channel, connection, slot, subscription or application name; empty for the default one.
    pub name: String,
    /// The question whose answer this is.
    pub question: String,
    /// Whether changes flow, where this side knows.
    pub running: Option<bool>,
    /// How far the follower is behind, in seconds, where this side knows.
    pub lag_seconds: Option<f64>,
    /// Whether a commit waits for the follower, where this side knows.
    pub semi_sync: Option<bool>,
}

/// Something that a server did not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// What was to be known.
    pub what: String,
    /// Why it is not known.
    pub why: String,
    /// The statement that lets the account ask, where a privilege is missing.
    pub grant: Option<String>,
}

/// A server's place in its estate, in its own words.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Surroundings {
    /// Whom it follows and who follows it.
    pub ties: Vec<Tie>,
    /// The settings that decide how it replicates, by the names it has for them.
    pub settings: BTreeMap<String, String>,
    /// How far its change stream has come, in its own words.
    pub position: Option<String>,
    /// Size of tables and indexes in bytes: of all databases (MySQL family), of the one connected to (PostgreSQL).
    pub bytes: Option<u64>,
    /// How many tables that are.
    pub tables: Option<u64>,
    /// What could not be asked.
    pub untold: Vec<Untold>,
}
