//! A load by another program: a restored backup, a dump that somebody else's tool loaded.

use std::sync::Arc;
use std::time::Instant;

use daybreak_engine::{Database, Mend, Statement, mend};
use daybreak_model::{Flavor, ObjectKind, Position, SchemaImage, Scope};

use super::decide::{same_schema, unusable};
use super::printed::settle;
use super::{LoadError, LoadReport, describe};
use crate::{Observe, WorkEvent};

/// Takes over what another program brought to the target from a state of the source at `position`: sees that every object of the
/// scope is there as the source has it, and keeps events from running there until the target is opened. Its rows are not looked at:
/// they are compared once replication has caught up. Idempotent.
///
/// # Errors
/// When an object is missing, is another, or cannot be used. Nothing was changed then.
pub async fn take_over(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    scope: &Scope,
    position: Position,
    observer: &Arc<dyn Observe>,
) -> Result<LoadReport, LoadError> {
    let started = Instant::now();
    observer.event(WorkEvent::Doing {
        what: format!("comparing what {} holds with the source", target.endpoint()),
    });
    let flavor = target.flavor().await?;
    let (here, there) = tokio::try_join!(source.schema(scope, &flavor), target.schema(scope, &flavor))?;
    if !here.refusals.is_empty() {
        return Err(LoadError::Refused(here.refusals));
    }
    let there = settle(target.as_ref(), &flavor, scope, &here, there).await?;
    same_schema(&here, &there).map_err(LoadError::NotBrought)?;
    if let Some((object, trouble)) = unusable(&here, &there) {
        return Err(LoadError::NotSeen { object, trouble });
    }
    let asleep = keep_asleep(&there, &flavor)?;
    if !asleep.is_empty() {
        observer.event(WorkEvent::Doing {
            what: format!("keeping {} events from running there", asleep.len()),
        });
        target.run(&asleep).await?;
    }
    Ok(LoadReport {
        position,
        tables: here.tables.len(),
        objects: here.objects.len(),
        rows: 0,
        bytes: 0,
        seconds: started.elapsed().as_secs_f64(),
        ranges_kept: 0,
    })
}

/// The statements that keep every event from running that runs now: what it does on the source arrives by replication.
fn keep_asleep(there: &SchemaImage, flavor: &Flavor) -> Result<Vec<Statement>, LoadError> {
    let awake = there
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Event && !object.enable.is_empty());
    let mut statements = Vec::new();
    for event in awake {
        let name = describe(event.kind, &event.name);
        let mended = mend(flavor, &Mend::Sleep(event)).map_err(|why| LoadError::NotSeen {
            object: name.clone(),
            trouble: format!("cannot be kept from running: {why}"),
        })?;
        statements.extend(mended.statements.into_iter().map(|text| Statement {
            what: format!("keep {name} from running"),
            text,
        }));
    }
    Ok(statements)
}
