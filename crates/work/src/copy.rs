//! Load: everything in the scope, from a consistent snapshot of the source straight into the target.
//!
//! observe: what the source holds and what the target already has · decide: [`plan`] · act: objects, rows, indexes,
//! the rest · verify: the target's own catalog against the source's.

// Each imports only from those above it.
mod decide;
mod printed;
mod queue;

mod take_over;

mod order;

mod load;

mod range;

mod together;

mod act;

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, SchemaMark, Snapshot};
use daybreak_model::{Flavor, ObjectKind, Position, Refusal, SchemaImage, Scope};
use serde::{Deserialize, Serialize};

pub(crate) use act::carry_out;
pub use decide::{LoadPlan, plan, same_schema};
pub(crate) use load::Load;
pub(crate) use order::is_small;
pub(crate) use printed::settle;
pub(crate) use queue::{Queue, Task};
pub(crate) use range::move_range;
pub use take_over::take_over;

use crate::{Observe, Throttle, ThrottleLimits, WorkEvent};

/// How a load is done.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadSettings {
    /// Connections on each side that move rows at once.
    pub workers: usize,
    /// Rows in a range, about.
    pub range_rows: u64,
    /// Bytes in a range, about.
    pub range_bytes: u64,
    /// How long writes on the source may be held up while the snapshot is taken.
    pub snapshot_patience: Duration,
    /// Name of the replication link whose changes will begin where the snapshot ends.
    pub link_name: String,
    /// How often a range is tried again after a transient error.
    pub retries: u32,
    /// Above which load on the source the copy stands back.
    pub throttle: ThrottleLimits,
}

impl LoadSettings {
    /// What a load does unless a plan says otherwise.
    #[must_use]
    pub fn new(link_name: &str) -> Self {
        Self {
            workers: 4,
            range_rows: 200_000,
            range_bytes: 64 << 20,
            snapshot_patience: Duration::from_secs(5),
            link_name: link_name.to_owned(),
            retries: 5,
            throttle: ThrottleLimits::default(),
        }
    }
}

/// What a load did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Where the source's change stream stood at the snapshot: replication starts here.
    pub position: Position,
    /// Tables copied.
    pub tables: usize,
    /// Objects on the target, tables included, each seen there afterwards.
    pub objects: usize,
    /// Rows copied.
    pub rows: u64,
    /// Bytes moved, as encoded for the target.
    pub bytes: u64,
    /// Seconds from the snapshot to the last object.
    pub seconds: f64,
    /// Ranges found equal on the target by digest and left alone (a load that was interrupted before).
    pub ranges_kept: u64,
}

/// Why a load did not happen or did not finish.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Some objects cannot be carried.
    #[error("{} object(s) cannot be carried to the target: {}", .0.len(), name_all(.0))]
    Refused(Vec<Refusal>),
    /// The target holds something that is not from this migration.
    #[error("the target is not empty: {0}")]
    TargetNotEmpty(String),
    /// Afterwards an object is missing on the target or is not the same.
    #[error("after the load, {object} on the target {trouble}")]
    NotSeen {
        /// Which object.
        object: String,
        /// Missing or different.
        trouble: String,
    },
    /// What another program was to bring to the target is not what the source has.
    #[error("the target does not hold what the source has: {0}")]
    NotBrought(String),
    /// The source's schema is not what it was at the snapshot.
    #[error("the schema of the source changed during the load: {0}")]
    SchemaChanged(String),
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint().map(str::to_owned),
            Self::Refused(refusals) => match refusals.as_slice() {
                [] => None,
                [only] => Some(only.hint.clone()),
                several => Some(hints(several)),
            },
            Self::TargetNotEmpty(_) => Some(
                "name a target without these objects, or drop them there; only an interrupted load of this same \
                 migration is taken up again"
                    .to_owned(),
            ),
            Self::NotSeen { .. } => Some("look at the object on both sides, mend it, then run the same command again".to_owned()),
            Self::NotBrought(_) => Some(
                "see that the backup or dump was restored there as a whole and that the source's schema has not changed since, then run \
                 the same command again"
                    .to_owned(),
            ),
            Self::SchemaChanged(_) => {
                Some("hold back schema changes until the migration has ended, then run the same command again".to_owned())
            }
        }
    }

    /// Whether the same load may succeed when begun again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_transient())
    }
}

fn name_all(refusals: &[Refusal]) -> String {
    let names: Vec<String> = refusals
        .iter()
        .map(|refusal| format!("{} ({})", refusal.object, refusal.reason))
        .collect();
    names.join("; ")
}

/// What to do about each object, those with the same remedy together.
fn hints(refusals: &[Refusal]) -> String {
    let mut remedies: Vec<(&str, Vec<&str>)> = Vec::new();
    for refusal in refusals {
        match remedies.iter_mut().find(|(hint, _)| *hint == refusal.hint) {
            Some((_, objects)) => objects.push(&refusal.object),
            None => remedies.push((&refusal.hint, vec![&refusal.object])),
        }
    }
    let remedies: Vec<String> = remedies
        .into_iter()
        .map(|(hint, objects)| format!("{}: {hint}", objects.join(", ")))
        .collect();
    remedies.join(" · ")
}

/// Copies everything in `scope` from `source` to `target`.
///
/// With `resume`, what an interrupted load of the same migration left on the target is taken over: objects that are the
/// same stay, and rows are compared with the new snapshot range by range, inside the servers, and copied only where
/// they differ. Without it, a target that holds any of the scope's objects is refused before anything is changed.
///
/// # Errors
/// See [`LoadError`]; the target may then hold a part, which a later load with `resume` completes.
pub async fn load(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    scope: &Scope,
    settings: &LoadSettings,
    resume: bool,
    observer: &Arc<dyn Observe>,
) -> Result<LoadReport, LoadError> {
    let started = Instant::now();
    let flavor = target.flavor().await?;
    let mark = source.schema_mark().await?;
    let (image, present) = tokio::try_join!(source.schema(scope, &flavor), target.schema(scope, &flavor))?;
    let present = match resume {
        true => settle(target.as_ref(), &flavor, scope, &image, present).await?,
        false => present,
    };
    let plan = plan(image, &present, resume)?;

    observer.event(WorkEvent::Doing {
        what: format!("taking a consistent snapshot of {}", source.endpoint()),
    });
    let mut snapshot = source
        .snapshot(
            scope,
            settings.workers,
            &settings.link_name,
            settings.snapshot_patience,
        )
        .await?;
    let position = snapshot.position().clone();
    let readers = snapshot.take_readers();
    let throttle = Throttle::new(Arc::clone(source), settings.throttle.clone());
    let load = Arc::new(load::Load::new(
        plan,
        Arc::clone(target),
        settings.clone(),
        throttle,
        Arc::clone(observer),
    ));
    let (copied, reread) = tokio::join!(
        act::carry_out(&load, readers),
        read_again(source.as_ref(), snapshot.as_mut(), scope, &flavor)
    );
    let stands = matches!(snapshot.schema_stands().await, Ok(Some(true)));
    let closed = snapshot.close().await;
    let copied = copied?;
    closed?;
    let reread = reread.filter(|_| stands);

    let image = load.image();
    verify(source.as_ref(), mark, reread, target.as_ref(), scope, image).await?;
    Ok(LoadReport {
        position,
        tables: image.tables.len(),
        objects: image.objects.len(),
        rows: copied.rows,
        bytes: copied.bytes,
        seconds: started.elapsed().as_secs_f64(),
        ranges_kept: copied.ranges_kept,
    })
}

/// The source's schema while rows are copied, from a server that will tell at the end whether it still stands: no time is
/// needed for it then. Where that fails it is read at the end.
async fn read_again(
    source: &dyn Database,
    snapshot: &mut dyn Snapshot,
    scope: &Scope,
    target: &Flavor,
) -> Option<SchemaImage> {
    match snapshot.schema_stands().await {
        Ok(Some(true)) => source.schema(scope, target).await.ok(),
        _ => None,
    }
}

/// Sees every object on the target with its own eyes, and that the source has not changed meanwhile: by its mark, or by all
/// it holds, which `reread` is if that was read after the snapshot and stands.
async fn verify(
    source: &dyn Database,
    mark: Option<SchemaMark>,
    reread: Option<SchemaImage>,
    target: &dyn Database,
    scope: &Scope,
    image: &SchemaImage,
) -> Result<(), LoadError> {
    let flavor = target.flavor().await?;
    let source_now = async {
        if reread.is_some() {
            return Ok(reread);
        }
        if mark.is_some() && mark == source.schema_mark().await? {
            return Ok(None);
        }
        source.schema(scope, &flavor).await.map(Some)
    };
    let (now, there) = tokio::try_join!(source_now, target.schema(scope, &flavor))?;
    if let Some(now) = now {
        stands(image, &now)?;
    }
    seen(image, &settle(target, &flavor, scope, image, there).await?)
}

/// Whether every object of the image is on the target, usable.
pub(crate) fn seen(image: &SchemaImage, there: &SchemaImage) -> Result<(), LoadError> {
    match decide::missing_or_different(image, there).or_else(|| decide::unusable(image, there)) {
        None => Ok(()),
        Some((object, trouble)) => Err(LoadError::NotSeen { object, trouble }),
    }
}

/// Whether the source's schema is as it was.
pub(crate) fn stands(image: &SchemaImage, now: &SchemaImage) -> Result<(), LoadError> {
    decide::first_difference(image, now).map_or(Ok(()), |change| Err(LoadError::SchemaChanged(change)))
}

/// What an object is called in messages.
pub(crate) fn describe(kind: ObjectKind, name: &str) -> String {
    let kind = match kind {
        ObjectKind::Schema => "schema",
        ObjectKind::Extension => "extension",
        ObjectKind::Type => "type",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Routine => "routine",
        ObjectKind::Table => "table",
        ObjectKind::Index => "index",
        ObjectKind::ForeignKey => "foreign key",
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        ObjectKind::Event => "event",
        ObjectKind::Rule => "rule",
        ObjectKind::Comment => "comment on",
    };
    format!("{kind} {name}")
}
