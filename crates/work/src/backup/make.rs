//! Making a backup.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{DataFiles, Database, EngineError, ErrorKind};
use jiff::Timestamp;
use serde::Serialize;
use tokio::io::AsyncReadExt as _;

use super::layout::{BEGUN, BackupManifest, Begun, FOLDER, FORMAT, MANIFEST};
use super::parts::Parts;
use super::position::LogPosition;
use super::stream::{BINLOG, Broken, REPLICA, Stream};
use super::{BackupError, BackupProgram};
use crate::other_program::PrivateFolder;
use crate::{Depot, Observe, WorkEvent};

/// Bytes read at once.
const BUFFER: usize = 1 << 20;
/// How often it is told how far it has come.
const TELL: Duration = Duration::from_secs(1);

/// How a backup is made.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// By which program.
    pub program: BackupProgram,
    /// The most bytes of a part.
    pub part_bytes: u64,
    /// A folder of this account's that holds what the program logs in with while it runs.
    pub scratch: PathBuf,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// What lies there now.
    #[serde(flatten)]
    pub manifest: BackupManifest,
    /// Seconds it took.
    pub seconds: f64,
}

/// Backs a server up that has its files on this machine: from its backup program into the depot, in parts, read through as it passes.
///
/// A backup cannot go on where it was broken off: what lies there of one of this server without a manifest is cleared away first.
///
/// # Errors
/// See [`BackupError`]. There is no manifest then, and so no backup.
pub async fn back_up(
    server: &Arc<dyn Database>,
    settings: &BackupSettings,
    depot: &Depot,
    observer: &Arc<dyn Observe>,
) -> Result<BackupReport, BackupError> {
    let started = Instant::now();
    let identity = server.identity().await?;
    let files = data_files(server.as_ref(), &identity.unique_id).await?;
    let program_version = settings.program.version().await?;
    let begun = Begun {
        format: FORMAT,
        server: identity.unique_id.clone(),
        address: server.endpoint().address(),
    };
    see_place(depot, &begun).await?;
    depot.put_json(BEGUN, &begun).await?;
    depot.sweep(FOLDER, &std::collections::HashSet::new()).await?;

    observer.event(WorkEvent::Doing {
        what: format!(
            "{} reads the files of {}",
            settings.program.name(),
            server.endpoint()
        ),
    });
    let scratch = PrivateFolder::lay(&settings.scratch).map_err(|source| BackupError::Scratch {
        program: settings.program.name(),
        source,
    })?;
    let mut running = settings
        .program
        .start(server.endpoint(), &files, scratch.path())?;
    let mut parts = Parts::new(depot, settings.part_bytes);
    let read = read_through(&mut running.child, &mut parts, observer).await?;
    let broken = |broken| BackupError::Broken(broken, settings.program.name());
    if let Err(error) = read {
        // It still runs, and has nothing to say of it.
        return Err(broken(error));
    }
    let read = read.and_then(Stream::finish);
    // Its own words say more than what became of its stream.
    running.end().await?;
    let contents = read.map_err(broken)?;
    let position = contents
        .told(BINLOG)
        .as_deref()
        .and_then(LogPosition::of_binlog_info);
    let manifest = BackupManifest {
        format: FORMAT,
        server: begun.server,
        address: begun.address,
        source: identity.flavor,
        program: settings.program.name(),
        program_version,
        position: position.ok_or(BackupError::NoPosition)?,
        primary: contents
            .told(REPLICA)
            .as_deref()
            .and_then(LogPosition::of_replica_info),
        files: contents.files,
        bytes: contents.bytes,
        parts: parts.finish().await?,
        at: Timestamp::now(),
    };
    depot.put_json(MANIFEST, &manifest).await?;
    Ok(BackupReport {
        manifest,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Where the server's files lie, seen with our own eyes: another server's in the same place on this machine would be backed up in its
/// name.
async fn data_files(server: &dyn Database, unique_id: &str) -> Result<DataFiles, BackupError> {
    let Some(files) = server.data_files().await? else {
        return Err(BackupError::Engine(EngineError {
            server: server.endpoint().to_string(),
            what: "its data files are backed up by no program of the MySQL family".to_owned(),
            kind: ErrorKind::Unsupported,
            code: None,
            hint: Some("load the rows: `--method direct` or `--method dump`".to_owned()),
            source: None,
        }));
    };
    let elsewhere = |why: String| BackupError::Elsewhere {
        server: server.endpoint().to_string(),
        why,
    };
    let here = rustix::system::uname();
    let here = here.nodename().to_string_lossy();
    if here != files.machine {
        return Err(elsewhere(format!(
            "it runs on {}, and this is {here}",
            files.machine
        )));
    }
    // MySQL's own name stands beside its files.
    if let Ok(text) = std::fs::read_to_string(files.directory.join("auto.cnf"))
        && !text.contains(unique_id)
    {
        return Err(elsewhere(format!(
            "those in {} are another server's",
            files.directory.display()
        )));
    }
    let system = files.directory.join("ibdata1");
    match std::fs::File::open(&system) {
        Ok(_) => Ok(files),
        Err(error) => Err(elsewhere(format!(
            "it keeps them in {}, and {} cannot be opened ({error})",
            files.directory.display(),
            system.display()
        ))),
    }
}

/// Only an empty place is taken, or one where a backup of this server was begun.
async fn see_place(depot: &Depot, begun: &Begun) -> Result<(), BackupError> {
    let place = || depot.place().to_string();
    if let Some(manifest) = BackupManifest::read(depot).await? {
        return Err(BackupError::Whole {
            place: place(),
            since: manifest.at,
        });
    }
    let there = depot.get_json::<Begun>(BEGUN).await?;
    if there.is_some_and(|there| there.server == begun.server) {
        return Ok(());
    }
    match depot.any().await? {
        None => Ok(()),
        Some(found) => Err(BackupError::NotEmpty {
            place: place(),
            found,
        }),
    }
}

/// All that the program writes, into parts. As soon as that is no backup, no more of it is read.
async fn read_through(
    child: &mut tokio::process::Child,
    parts: &mut Parts<'_>,
    observer: &Arc<dyn Observe>,
) -> Result<Result<Stream, Broken>, BackupError> {
    let mut stream = Stream::default();
    let Some(mut stdout) = child.stdout.take() else {
        return Ok(Ok(stream));
    };
    let started = Instant::now();
    let mut told = started;
    let mut buffer = vec![0; BUFFER];
    let mut bytes: u64 = 0;
    loop {
        // A pipe that cannot be read any more ends the stream in its middle.
        let read = stdout.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            return Ok(Ok(stream));
        }
        if let Err(broken) = stream.pass(&buffer[..read]) {
            return Ok(Err(broken));
        }
        parts.write(&buffer[..read]).await?;
        bytes += read as u64;
        if told.elapsed() > TELL {
            told = Instant::now();
            observer.event(WorkEvent::Doing {
                what: sent(bytes, started.elapsed()),
            });
        }
    }
}

fn sent(bytes: u64, elapsed: Duration) -> String {
    let megabytes = bytes >> 20;
    let rate = u128::from(megabytes) * 1000 / elapsed.as_millis().max(1);
    format!("{megabytes} MiB of the backup are written, {rate} MiB/s")
}
