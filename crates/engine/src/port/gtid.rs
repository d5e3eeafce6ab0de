//! How a server numbers its transactions, and how that is changed while it is at work (P7).

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{EngineError, Statement};

/// What can be done about GTIDs on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GtidWay {
    /// `gtid_mode` is changed one step at a time while the server works: MySQL since 5.7.6 (manual, "Enabling GTID
    /// Transactions Online").
    Online,
    /// `gtid_mode` is read at the start alone, and servers that differ in it cannot replicate: MySQL 5.6.
    Restart,
    /// Every transaction has one; how a replica keeps its place is its own choice: MariaDB since 10.0.2.
    Always,
    /// The parameter group decides: RDS and Aurora MySQL.
    ParameterGroup,
    /// There are none, and none are needed: PostgreSQL's log has one position for everybody who reads it.
    LogPosition,
    /// There are none: MySQL before 5.6.5.
    None,
}

/// `gtid_mode`, in the order in which it is turned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GtidMode {
    /// Transactions have no GTID, and none with one are applied.
    Off,
    /// New ones have none; both kinds are applied.
    OffPermissive,
    /// New ones have one; both kinds are applied.
    OnPermissive,
    /// Every transaction has one.
    On,
}

impl fmt::Display for GtidMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "OFF",
            Self::OffPermissive => "OFF_PERMISSIVE",
            Self::OnPermissive => "ON_PERMISSIVE",
            Self::On => "ON",
        })
    }
}

/// `enforce_gtid_consistency`: what becomes of statements that cannot be logged with one GTID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GtidConsistency {
    /// They run.
    Off,
    /// They run, with a warning that is counted.
    Warn,
    /// They are refused.
    On,
}

impl fmt::Display for GtidConsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "OFF",
            Self::Warn => "WARN",
            Self::On => "ON",
        })
    }
}

/// A source that a server follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtidChannel {
    /// Channel or connection; empty for the default one.
    pub name: String,
    /// The source as `host:port`.
    pub source: String,
    /// Whether the place is kept by GTID (`SOURCE_AUTO_POSITION`, `MASTER_USE_GTID`) and not by file and offset.
    pub by_gtid: bool,
    /// Whether changes are fetched and applied.
    pub running: bool,
    /// How much of the source's log is applied: file and offset.
    pub applied: (String, u64),
}

/// Where a server stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtidState {
    /// What can be done.
    pub way: GtidWay,
    /// `gtid_mode`; `On` for a MariaDB, absent where there is nothing of the kind.
    pub mode: Option<GtidMode>,
    /// `enforce_gtid_consistency`, of MySQL.
    pub consistency: Option<GtidConsistency>,
    /// Whether it writes a binary log.
    pub logs: bool,
    /// Whether it logs what it applies from its source.
    pub logs_applied: bool,
    /// Whether a setting outlives a restart by itself (`SET PERSIST`).
    pub persists: bool,
    /// Transactions without a GTID that have not ended.
    pub anonymous: u64,
    /// Transactions that violate the consistency and have not ended.
    pub violating: u64,
    /// Whether transactions with a GTID have not ended.
    pub owned: bool,
    /// End of its binary log: file and offset.
    pub log_end: Option<(String, u64)>,
    /// Whom it follows.
    pub channels: Vec<GtidChannel>,
}

/// One change to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GtidChange {
    /// Sets `enforce_gtid_consistency`.
    Consistency(GtidConsistency),
    /// Sets `gtid_mode`.
    Mode(GtidMode),
    /// Lets a replica keep its place by GTID, or by file and offset, and lets it run.
    Place {
        /// Channel or connection; empty for the default one.
        channel: String,
        /// By GTID.
        by_gtid: bool,
    },
}

/// Something that stands in the way of a change of numbering, or that has to be known before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtidObstacle {
    /// Stable id of its kind.
    pub id: String,
    /// Whether the change must not be made while it is there.
    pub blocks: bool,
    /// What it is about: a statement, a table, a setting, a slot.
    pub object: String,
    /// What was seen, with the account where the server tells it.
    pub evidence: String,
    /// What to do.
    pub remedy: String,
    /// The statement that does it, where there is one.
    pub statement: Option<String>,
}

/// A step that people carry out, where GTIDs change only with a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtidRestartStep {
    /// What is to be done.
    pub title: String,
    /// On which server, by address.
    pub server: String,
    /// Lines of its configuration, statements and commands.
    pub say: Vec<String>,
    /// How to see that it is done.
    pub check: String,
}

/// What answers for GTIDs.
#[async_trait]
pub trait Numbering: Send + Sync {
    /// Where the server stands.
    async fn gtid_state(&self) -> Result<GtidState, EngineError>;

    /// What violates the consistency that GTIDs need, with its source; on a server of another kind what stands in the way of
    /// following it from a position.
    async fn gtid_obstacles(&self) -> Result<Vec<GtidObstacle>, EngineError>;

    /// How often statements that violate the consistency have been seen since the server started; `None` where it does not
    /// count them.
    async fn gtid_violations(&self) -> Result<Option<u64>, EngineError>;

    /// The statements of a change as they would be sent now.
    async fn gtid_statements(&self, change: &GtidChange) -> Result<Vec<Statement>, EngineError>;

    /// Makes a change. One that is made already changes nothing but lets a stopped replica run.
    async fn change_gtid(&self, change: &GtidChange) -> Result<(), EngineError>;
}
