//! The load.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, Statement, ToolWish, client_login, tool_calls, tool_position};
use daybreak_model::{Family, ObjectKind, SchemaImage, Scope};

use super::ToolError;
use super::pipe::{self, Tool};
use crate::other_program::PrivateFolder;
use crate::{LoadError, LoadReport, Observe, WorkEvent, take_over};

/// How a load by the servers' own programs is done.
#[derive(Debug, Clone)]
pub struct ToolSettings {
    /// The program that dumps the source.
    pub dump: PathBuf,
    /// The program that loads the target.
    pub load: PathBuf,
    /// Further arguments of the program that dumps.
    pub arguments: Vec<String>,
    /// Name of the replication link whose changes will begin where the dump ends.
    pub link_name: String,
    /// How long writes on the source may be held up while the snapshot is taken, where it is ours.
    pub snapshot_patience: Duration,
    /// Whether replication starts by GTID.
    pub by_gtid: bool,
    /// A folder of this account's that holds what the programs log in with while they run.
    pub scratch: PathBuf,
}

/// Brings everything in `scope` to the target by the servers' own programs. What an earlier try left there is made anew (MySQL family);
/// on PostgreSQL a try leaves everything or nothing, and nothing of it may be there.
///
/// # Errors
/// See [`ToolError`]. On the MySQL family the target may then hold a part, which the next try puts itself in the place of.
pub async fn load_by_tools(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    scope: &Scope,
    settings: &ToolSettings,
    observer: &Arc<dyn Observe>,
) -> Result<LoadReport, ToolError> {
    let started = Instant::now();
    let (family, flavor) = (source.endpoint().family, target.flavor().await?);
    let version = pipe::version(&settings.dump).await?;
    // Both are refused before anything is begun.
    pipe::version(&settings.load).await?;
    let (image, present) = tokio::try_join!(source.schema(scope, &flavor), target.schema(scope, &flavor))?;
    if family == Family::Postgres
        && let Some(table) = present.tables.first()
    {
        return Err(LoadError::TargetNotEmpty(format!("it holds {}", table.name)).into());
    }
    // Schemas may be there, empty, and a dump of schemas has no extensions.
    make_missing(
        target,
        &image,
        &present,
        &[ObjectKind::Schema, ObjectKind::Extension],
    )
    .await?;

    // The position of a PostgreSQL server is that of a slot, which only a snapshot of ours makes.
    let snapshot = match family {
        Family::Mysql => None,
        Family::Postgres => {
            let patience = settings.snapshot_patience;
            Some(source.snapshot(scope, 1, &settings.link_name, patience).await?)
        }
    };
    let folder =
        |folder: PathBuf| PrivateFolder::lay(&folder).map_err(|source| ToolError::Scratch { folder, source });
    let _all = folder(settings.scratch.clone())?;
    let (from, into) = (
        folder(settings.scratch.join("source"))?,
        folder(settings.scratch.join("target"))?,
    );
    let calls = tool_calls(
        family,
        &ToolWish {
            version: &version,
            schemas: &scope.schemas,
            by_gtid: settings.by_gtid,
            snapshot: snapshot.as_ref().and_then(|snapshot| snapshot.shared_as()),
        },
    );
    let dump = Tool {
        program: &settings.dump,
        login: client_login(source.endpoint(), from.path())?,
        arguments: [&settings.arguments[..], &calls.dump].concat(),
    };
    let load = Tool {
        program: &settings.load,
        login: client_login(target.endpoint(), into.path())?,
        arguments: calls.load.clone(),
    };
    observer.event(WorkEvent::Doing {
        what: format!("{} into {}", settings.dump.display(), settings.load.display()),
    });
    let passed = pipe::run(&dump, &load, &calls, observer).await?;
    let position = match &snapshot {
        Some(snapshot) => Some(snapshot.position().clone()),
        None => tool_position(family, &passed.head, settings.by_gtid),
    };
    let position = position.ok_or_else(|| ToolError::NoPosition {
        program: settings.dump.display().to_string(),
    })?;
    if let Some(snapshot) = snapshot {
        snapshot.close().await?;
    }
    // What the program left to us: events, which are made asleep, and of MariaDB every stored program.
    let present = target.schema(scope, &flavor).await?;
    let stored = [ObjectKind::Routine, ObjectKind::Trigger, ObjectKind::Event];
    make_missing(target, &image, &present, &stored).await?;
    let taken = take_over(source, target, scope, position, observer).await?;
    Ok(LoadReport {
        bytes: passed.bytes,
        seconds: started.elapsed().as_secs_f64(),
        ..taken
    })
}

/// What would be run, without how the programs log in and the snapshot's name.
///
/// # Errors
/// When the program that dumps cannot be run.
pub async fn tool_commands(
    family: Family,
    scope: &Scope,
    settings: &ToolSettings,
) -> Result<String, ToolError> {
    let wish = ToolWish {
        version: &pipe::version(&settings.dump).await?,
        schemas: &scope.schemas,
        by_gtid: settings.by_gtid,
        snapshot: None,
    };
    let calls = tool_calls(family, &wish);
    let dump = [&settings.arguments[..], &calls.dump].concat().join(" ");
    Ok(format!(
        "{} {dump} | {} {}",
        settings.dump.display(),
        settings.load.display(),
        calls.load.join(" ")
    ))
}

/// Makes objects of some kinds that are not there. A schema is made also where it is: its defaults are to be the source's.
async fn make_missing(
    target: &Arc<dyn Database>,
    image: &SchemaImage,
    present: &SchemaImage,
    kinds: &[ObjectKind],
) -> Result<(), ToolError> {
    let there: HashSet<(ObjectKind, &str)> = present
        .objects
        .iter()
        .map(|object| (object.kind, object.name.as_str()))
        .collect();
    let missing = image.objects.iter().filter(|object| {
        let is_missing = !there.contains(&(object.kind, object.name.as_str()));
        kinds.contains(&object.kind) && (is_missing || object.kind == ObjectKind::Schema)
    });
    let statements: Vec<Statement> = missing
        .flat_map(|object| {
            object.create.iter().map(|text| Statement {
                what: format!("create {}", object.name),
                text: text.clone(),
            })
        })
        .collect();
    if !statements.is_empty() {
        target.run(&statements).await?;
    }
    Ok(())
}
