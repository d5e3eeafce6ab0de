//! From files into the target.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use daybreak_engine::{Database, Read};
use daybreak_model::{ChunkDigest, RowRange, Table};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::DumpError;
use super::layout::{FORMAT, MANIFEST, Manifest};
use super::reader::{Contents, DumpReader};
use crate::copy::{Load, carry_out, plan, seen, settle};
use crate::{Depot, LoadError, LoadReport, LoadSettings, Observe, Throttle, WorkEvent};

impl Manifest {
    /// That of a whole dump; `None` where none is whole.
    ///
    /// # Errors
    /// When the place cannot be read, or the manifest is no manifest of ours.
    pub async fn read(depot: &Depot) -> Result<Option<Self>, DumpError> {
        let manifest: Option<Self> = depot.get_json(MANIFEST).await?;
        match manifest {
            Some(manifest) if manifest.format != FORMAT => Err(DumpError::Damaged {
                name: MANIFEST.to_owned(),
                place: depot.place().to_string(),
                trouble: format!(
                    "its format is {}, and this program knows {FORMAT}",
                    manifest.format
                ),
            }),
            other => Ok(other),
        }
    }
}

/// Loads a whole dump into the target: objects, rows, indexes, the rest, as from a server; then compares every range there with
/// its file's digest, and raises counters and sequences to where the source's stood.
///
/// With `resume`, what an interrupted load of the same dump left is taken over: ranges that have their digest already stay.
///
/// # Errors
/// See [`DumpError`]; the target may then hold a part, which a later load with `resume` completes.
pub async fn load_dump(
    depot: &Depot,
    target: &Arc<dyn Database>,
    settings: &LoadSettings,
    resume: bool,
    observer: &Arc<dyn Observe>,
) -> Result<LoadReport, DumpError> {
    let started = Instant::now();
    let manifest = Manifest::read(depot).await?.ok_or_else(|| DumpError::NotWhole {
        place: depot.place().to_string(),
        why: format!("it has no {MANIFEST}, which is written last"),
    })?;
    let flavor = target.flavor().await?;
    if flavor != manifest.target {
        return Err(DumpError::Another {
            place: depot.place().to_string(),
            of: format!("for {}, and {} runs {flavor}", manifest.target, target.endpoint()),
        });
    }
    let contents = Arc::new(Contents::read(depot, &manifest).await?);
    let present = target.schema(&manifest.scope, &flavor).await?;
    let present = match resume {
        true => {
            settle(
                target.as_ref(),
                &flavor,
                &manifest.scope,
                &manifest.image,
                present,
            )
            .await?
        }
        false => present,
    };
    let plan = plan(manifest.image, &present, resume)?;
    let load = Arc::new(Load::new(
        plan,
        Arc::clone(target),
        settings.clone(),
        Throttle::new(Arc::clone(target), settings.throttle.clone()),
        Arc::clone(observer),
    ));
    let reader = || Box::new(DumpReader(Arc::clone(&contents))) as Box<dyn Read>;
    let moved = carry_out(&load, (0..settings.workers).map(|_| reader()).collect()).await?;
    let there = target.schema(&manifest.scope, &flavor).await?;
    let there = settle(target.as_ref(), &flavor, &manifest.scope, load.image(), there).await?;
    seen(load.image(), &there)?;
    observer.event(WorkEvent::Doing {
        what: "comparing every range with its file's digest".to_owned(),
    });
    compare(&contents, &load, target, settings.workers).await?;
    target.raise_identity_values(&manifest.identity_values).await?;
    let image = load.image();
    Ok(LoadReport {
        position: manifest.position,
        tables: image.tables.len(),
        objects: image.objects.len(),
        rows: moved.rows,
        bytes: moved.bytes,
        seconds: started.elapsed().as_secs_f64(),
        ranges_kept: moved.ranges_kept,
    })
}

/// A range of a table, and what it is to come to.
type Expected = (Arc<Table>, RowRange, ChunkDigest);

/// Every range, inside the target.
async fn compare(
    contents: &Contents,
    load: &Load,
    target: &Arc<dyn Database>,
    workers: usize,
) -> Result<(), DumpError> {
    let mut left: VecDeque<Expected> = VecDeque::new();
    for table in &load.image().tables {
        let shared = Arc::new(table.clone());
        let ranges = contents.digests(&table.name);
        left.extend(ranges.map(|(range, digest)| (Arc::clone(&shared), range.clone(), *digest)));
    }
    let left = Arc::new(Mutex::new(left));
    let mut all = JoinSet::new();
    for _ in 0..workers {
        let (left, target) = (Arc::clone(&left), Arc::clone(target));
        all.spawn(async move {
            let mut checker = target.checker().await?;
            while let Some((table, range, expected)) = left.lock().await.pop_front() {
                let there = checker.chunk(&table, &range).await?;
                if there != expected {
                    return Err(DumpError::Load(LoadError::NotSeen {
                        object: format!("table {}", table.name),
                        trouble: format!(
                            "has other rows in a range than the dump: {} there, {} in the file",
                            there.rows, expected.rows
                        ),
                    }));
                }
            }
            Ok(())
        });
    }
    let mut first_error = Ok(());
    while let Some(ended) = all.join_next().await {
        let result = ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        first_error = first_error.and(result);
    }
    first_error
}
