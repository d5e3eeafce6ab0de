//! The plan file: read as written (`raw`), then resolved into settings in which every secret is fetched, every path
//! absolute and every default filled in. Nothing past this module sees an optional string.

mod cluster;
mod load;
mod nearest;
mod plan_holes;
mod prices;
mod purposes;
mod raw;
mod resolve;
mod slow;
mod trim;
mod unknown_key;
mod waiver;

pub(crate) use cluster::{ClusterOutline, ClusterSettings, api_line, read as read_cluster};
pub(crate) use load::{BackupPlan, BroughtAt, BucketAccess, DumpPlan, LoadMethod, Place, ToolsPlan};
pub(crate) use plan_holes::{of_endpoint, of_text};
pub(crate) use prices::Cost;
pub(crate) use purposes::{PURPOSES_HINT, purposes_of};
pub(crate) use resolve::{NAME_HINT, is_address, is_name};
pub(crate) use slow::SlowPlan;
pub(crate) use trim::{ON_THE_WAY, PlannedRule, TrimSettings, is_rule_name, span, table_name, zone};
pub(crate) use waiver::{DATA_CHECK, SCHEMA_CHECK, UNREACHED, Waiver};

use std::path::{Path, PathBuf};
use std::time::Duration;

use daybreak_model::{Endpoint, LinkSettings, Scope};
use daybreak_work::{CheckSettings, LoadSettings, ReadinessLimits};

/// One side of the migration.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// Where its writer is and who we are to it.
    pub(crate) endpoint: Endpoint,
}

/// The gate in front of the application.
#[derive(Debug, Clone)]
pub(crate) struct GateSettings {
    /// Address applications connect to.
    pub(crate) listen: String,
    /// Nobody is held longer than this.
    pub(crate) deadline: Duration,
    /// How long transactions in flight may take to end.
    pub(crate) drain: Duration,
    /// Whether transactions still open then are ended (or the cut-over is).
    pub(crate) close_stragglers: bool,
}

/// Limits of the cut-over besides readiness.
#[derive(Debug, Clone)]
pub(crate) struct CutOverSettings {
    /// What must hold before it begins.
    pub(crate) limits: ReadinessLimits,
    /// How long the new writer may take to reach the fence's position.
    pub(crate) catch_up: Duration,
    /// Accounts whose sessions beside the gate are no obstacle.
    pub(crate) ignore_accounts: Vec<String>,
}

/// Everything a run needs, with nothing left to look up.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Name of the migration: part of link and account names.
    pub(crate) name: String,
    /// Journal, gate socket, reports.
    pub(crate) state_dir: PathBuf,
    /// What is migrated.
    pub(crate) scope: Scope,
    /// The datacenter side.
    pub(crate) source: Side,
    /// Addresses of further servers of the source's estate, which no other server names.
    pub(crate) also: Vec<String>,
    /// The Aurora side.
    pub(crate) target: Side,
    /// Account and manner of replication, both ways.
    pub(crate) link: LinkSettings,
    /// Whether the target follows the source by the servers' own replication after the load. Without it the source is
    /// held read-only from before the load on.
    pub(crate) native: bool,
    /// Whether the way back is kept open after a cut-over.
    pub(crate) way_back: bool,
    /// How the load is done.
    pub(crate) load: LoadSettings,
    /// By which method.
    pub(crate) method: LoadMethod,
    /// Where dumps go, where the method is that, or the command line says so.
    pub(crate) dump: DumpPlan,
    /// Where a backup of data files goes, in the same way.
    pub(crate) backup: BackupPlan,
    /// The servers' own programs, where they load.
    pub(crate) tools: ToolsPlan,
    /// The state of the source that another program brought to the target, where that is the method.
    pub(crate) brought_at: Option<BroughtAt>,
    /// The cluster that the plan describes, if it does.
    pub(crate) cluster: Option<ClusterOutline>,
    /// How data is checked.
    pub(crate) check: CheckSettings,
    /// Whether the primary is compared with its replicas, row by row, before the load.
    pub(crate) estate_check: bool,
    /// Whether an audit comes before everything else, and what is open ends the run.
    pub(crate) audit: bool,
    /// The plan file.
    pub(crate) plan: PathBuf,
    /// Limits of the cut-over.
    pub(crate) cut_over: CutOverSettings,
    /// The gate, where the plan has one.
    pub(crate) gate: Option<GateSettings>,
    /// Findings of the assessment that are known and accepted.
    pub(crate) waivers: Vec<Waiver>,
    /// What must hold of the workload before anything is moved, where the plan says.
    pub(crate) slow: Option<SlowPlan>,
    /// Which old rows are taken out, and when.
    pub(crate) trim: TrimSettings,
}

impl Settings {
    /// The journal's file.
    pub(crate) fn journal(&self) -> PathBuf {
        self.state_dir.join("journal.db")
    }

    /// Both sides, each with the account that the plan has for it.
    pub(crate) fn sides(&self) -> [Endpoint; 2] {
        [self.source.endpoint.clone(), self.target.endpoint.clone()]
    }

    /// The gate's control socket.
    pub(crate) fn gate_socket(&self) -> PathBuf {
        self.state_dir.join("gate.sock")
    }

    /// Where the gate keeps the side that it points at.
    pub(crate) fn gate_side(&self) -> PathBuf {
        self.state_dir.join("gate.side")
    }
}

/// A plan file that cannot be used, with the place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    #[error("failed to read the plan file {path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path}:{line}:{column}: {message}")]
    Syntax {
        path: PathBuf,
        line: usize,
        column: usize,
        message: String,
        hint: Option<String>,
    },
    #[error("{path}: `{key}` {message}")]
    Value {
        path: PathBuf,
        key: String,
        message: String,
        hint: Option<String>,
    },
}

impl PlanError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some(
                "write one with `daybreak init --source URL`, or name another with `--plan FILE`".to_owned(),
            ),
            Self::Syntax { hint, .. } | Self::Value { hint, .. } => hint.clone(),
        }
    }
}

/// Reads and resolves a plan file, with secrets from this process's environment.
pub(crate) fn read(path: &Path) -> Result<Settings, PlanError> {
    read_with(path, &|name| std::env::var(name).ok())
}

/// Reads and resolves a plan file, with secrets from `environment`.
pub(crate) fn read_with(
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, PlanError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = std::fs::read_to_string(&path).map_err(|error| PlanError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let raw = raw::parse(&path, &text)?;
    resolve::resolve(&path, raw, environment)
}
