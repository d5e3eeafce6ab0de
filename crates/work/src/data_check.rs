//! Data check: every table of two servers compared live, by digests computed inside the servers.
//!
//! A range whose digests differ is looked at again after the following side has passed the position at which it was
//! read; then its rows are compared one by one the same way. A difference is reported only when a row stayed the same
//! on the source over a whole look and the target, which had everything up to the first reading, still has it otherwise.
//! So no lock, no long snapshot and no pause of replication is needed, and no false difference can come out.

mod compare;
mod delta;
mod report;
mod settle;

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Check, Database, EngineError, Replication};
use daybreak_model::{RowRange, Table};

pub use delta::Delta;
pub use report::{CheckReport, RowDifference, TableReport, TableVerdict, Verdict};

use crate::{Observe, Progress, Throttle, ThrottleLimits, WorkEvent};

/// How a check is done.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// Rows in a range, about.
    pub range_rows: u64,
    /// Bytes in a range, about.
    pub range_bytes: u64,
    /// How often a range or row that keeps changing is looked at before the answer is "could not tell".
    pub looks: u32,
    /// How long the target may take to pass a position.
    pub patience: Duration,
    /// Differing rows named per table.
    pub rows_named: usize,
    /// Above which load on the source the check stands back.
    pub throttle: ThrottleLimits,
}

/// Why a check did not come to an end. Differences are no error.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl CheckError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Engine(error) => error.hint(),
        }
    }
}

/// The two sides of a comparison, with a connection on each.
struct Sides {
    source: Arc<dyn Database>,
    on_source: Box<dyn Check>,
    on_target: Box<dyn Check>,
    /// What carries changes from source to target; without it both sides stand still.
    link: Option<Arc<dyn Replication>>,
    settings: CheckSettings,
}

impl Sides {
    async fn open(
        source: &Arc<dyn Database>,
        target: &Arc<dyn Database>,
        link: Option<&Arc<dyn Replication>>,
        settings: &CheckSettings,
    ) -> Result<Self, EngineError> {
        let (on_source, on_target) = tokio::try_join!(source.checker(), target.checker())?;
        let (source, link) = (Arc::clone(source), link.map(Arc::clone));
        Ok(Self {
            source,
            on_source,
            on_target,
            link,
            settings: settings.clone(),
        })
    }

    /// Returns when the target has everything that the source held at the moment of the call.
    async fn catch_up(&mut self) -> Result<(), EngineError> {
        let Some(link) = &self.link else { return Ok(()) };
        let position = self.source.position().await?;
        link.wait_for(&position, self.settings.patience).await
    }
}

/// Compares every table of `tables` on both sides.
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
    let started = Instant::now();
    let throttle = Throttle::new(Arc::clone(source), settings.throttle.clone());
    let mut sides = Sides::open(source, target, link, settings).await?;
    let rows_expected: u64 = tables.iter().map(|table| table.estimated_rows).sum();
    let mut report = CheckReport::default();
    for table in tables {
        let ranges = sides
            .on_source
            .split(table, settings.range_rows, settings.range_bytes)
            .await?;
        let mut outcome = TableReport::new(table.name.clone());
        for range in &ranges {
            throttle.pass(observer).await;
            check_range(&mut sides, table, range, &mut outcome).await?;
            let progress = Progress::new(report.rows + outcome.rows, rows_expected, 0, started.elapsed());
            observer.event(WorkEvent::Progress(progress));
        }
        observer.event(WorkEvent::TableDone {
            table: table.name.clone(),
            rows: outcome.rows,
        });
        report.add(outcome);
    }
    report.position = Some(source.position().await?);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Compares one range, and settles it when the first look does not say same.
async fn check_range(
    sides: &mut Sides,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let (here, there) = tokio::try_join!(
        sides.on_source.chunk(table, range),
        sides.on_target.chunk(table, range)
    )?;
    outcome.chunks += 1;
    outcome.rows += here.rows;
    if here == there {
        return Ok(());
    }
    outcome.rechecked += 1;
    match (&table.key, range) {
        (Some(_), RowRange::Keys(_) | RowRange::Whole) => settle::by_rows(sides, table, range, outcome).await,
        (None, _) | (_, RowRange::Pages { .. }) => settle::whole(sides, table, range, outcome).await,
    }
}
