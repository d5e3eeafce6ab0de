//! Data check: every table of a source and of the servers that are to be like it, compared live, by digests computed inside
//! the servers.
//!
//! A range whose digests differ is looked at again after the following side has passed the position at which it was
//! read; then its rows are compared one by one the same way. A difference is reported only when a row stayed the same
//! on the source over a whole look and the target, which had everything up to the first reading, still has it otherwise.
//! So no lock, no long snapshot and no pause of replication is needed, and no false difference can come out.

// Each imports only from those above it.
mod report;
mod since;

mod checkpoint;
mod compare;
mod pace;

mod sides;

mod explain;
mod node;
mod repair;
mod settle;

mod changed;
mod look;

mod delta;
mod last;
mod nodes;

mod small;

mod follow_up;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, EngineError, Hashing, Replication};
use daybreak_model::Table;

pub use checkpoint::Checkpoint;
pub use delta::Delta;
pub use explain::{ColumnDifference, Explained, Times, explain};
pub use follow_up::check_since;
pub use last::LastVerdict;
pub use node::NodeReport;
pub use repair::{RepairSettings, repair};
pub use report::{CheckReport, RowDifference, TableReport, TableVerdict, Verdict};
pub use sides::{Compared, Follows};
pub use since::Since;
pub use whole::check_nodes;

use crate::{Observe, ThrottleLimits};

/// The share of the time that a check works while others do, in percent, unless it is told another; it asks one server after the
/// other then. A statement of a check has a processor to itself: what others feel of that is to stay small.
pub const SHARE_BESIDE_OTHERS: u8 = 2;

/// How a check is done.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// Rows in a unit, about: the smallest range that is compared, and as many rows as are ever listed at once.
    pub range_rows: u64,
    /// Bytes in a unit, about.
    pub range_bytes: u64,
    /// How long one statement is to take: as many neighbouring units are asked for at once as the slowest server answers for
    /// in this time.
    pub chunk_time: Duration,
    /// The largest share of the time that the check works, in percent (1 to 100): it rests in between. Without one it works all of
    /// the time while nobody else is at work on the source, and [`SHARE_BESIDE_OTHERS`] of it while somebody is.
    pub share: Option<u8>,
    /// What the hash of a row is made of.
    pub hashing: Hashing,
    /// How often a range or row that keeps changing is looked at before the answer is "could not tell".
    pub looks: u32,
    /// How long the target may take to pass a position.
    pub patience: Duration,
    /// Differing rows named per table.
    pub rows_named: usize,
    /// Above which load on the source the check stands back.
    pub throttle: ThrottleLimits,
    /// Behind how many seconds of a replica the check stands back.
    pub lag_seconds: f64,
    /// Whether a server that was lost is tried again at a later table; else it is left out from then on.
    pub reopen: bool,
}

impl Default for CheckSettings {
    /// What a check does unless a plan says otherwise.
    fn default() -> Self {
        Self {
            range_rows: 20_000,
            range_bytes: 16 << 20,
            chunk_time: Duration::from_millis(500),
            share: None,
            hashing: Hashing::default(),
            looks: 10,
            patience: Duration::from_secs(60),
            rows_named: 20,
            throttle: ThrottleLimits::default(),
            lag_seconds: 10.0,
            reopen: false,
        }
    }
}

/// Why a check did not come to an end. Differences are no error.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What the check has come to cannot be kept.
    #[error("failed to keep what the check has come to")]
    Checkpoint(#[from] std::io::Error),
}

impl CheckError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Checkpoint(_) => {
                Some("make room on this machine, or let it write there, then run the same command again")
            }
        }
    }
}

/// Compares every table of `tables` on two sides.
///
/// `link` is the running replication from source to target; `None` says that neither side is written.
///
/// # Errors
/// When a server fails; what was compared until then is lost, and the check can simply be run again.
pub async fn data_check(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    link: Option<&Arc<dyn Replication>>,
    tables: &[Table],
    settings: &CheckSettings,
    observer: &dyn Observe,
) -> Result<CheckReport, CheckError> {
    let compared = Compared {
        server: Arc::clone(target),
        follows: link.map_or(Follows::Nothing, |link| Follows::Link(Arc::clone(link))),
    };
    let mut reports = check_nodes(source, &[compared], tables, settings, None, observer).await?;
    let only = reports.pop().expect("a report for each compared server");
    match only.left {
        None => Ok(only.report),
        Some(error) => Err(error.into()),
    }
}
