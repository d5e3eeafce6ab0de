//! The folder of one run of the sandbox, and the leftovers of runs that were killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Signal, kill_process};

use crate::SandboxError;
use crate::account::give;
use crate::cache::Cache;
use crate::failure::at;
use crate::process::ProcessRecord;

/// A run's folder. It is locked for as long as the run lives: whoever can lock it knows that its owner is dead.
#[derive(Debug)]
pub(crate) struct Run {
    folder: PathBuf,
    servers: AtomicU16,
    _alive: File,
}

const LOCK: &str = "alive";
const RECORD: &str = "process.json";

impl Run {
    /// Ends and removes what killed runs left, then starts a run.
    pub(crate) fn start(cache: &Cache) -> Result<Self, SandboxError> {
        // Between a folder's creation and its locking it looks like a leftover: nobody may look then.
        let _one_at_a_time = cache.lock("runs")?;
        clean_leftovers(&cache.runs());
        let folder = cache.runs().join(format!("{:08x}", rand::random::<u32>()));
        fs::create_dir(&folder).map_err(at("create", &folder))?;
        let lock = folder.join(LOCK);
        let alive = File::create(&lock).map_err(at("create", &lock))?;
        flock(&alive, FlockOperation::LockExclusive).map_err(|e| at("lock", &lock)(e.into()))?;
        Ok(Self {
            folder,
            servers: AtomicU16::new(0),
            _alive: alive,
        })
    }

    /// A number for the next server of this run, from 1.
    pub(crate) fn next_number(&self) -> u16 {
        self.servers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Makes a folder that belongs to the servers' account alone.
    pub(crate) fn private_folder(&self, name: &str) -> Result<PathBuf, SandboxError> {
        private_folder(&self.folder.join(name))
    }

    /// What tells this run's data directories apart from those of others, on a folder that the caller names.
    pub(crate) fn id(&self) -> String {
        self.folder
            .file_name()
            .expect("a run's folder has a name")
            .to_string_lossy()
            .into_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Makes a folder that only the servers' account (and root) may enter.
pub(crate) fn private_folder(path: &Path) -> Result<PathBuf, SandboxError> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(at("create", path))?;
    give(path)?;
    Ok(path.to_owned())
}

/// Writes down which process serves from `folder`, for the start after a kill.
pub(crate) fn record(folder: &Path, process: &ProcessRecord) -> Result<(), SandboxError> {
    let path = folder.join(RECORD);
    let text = serde_json::to_vec(process).expect("a record is plain data");
    fs::write(&path, text).map_err(at("write", &path))
}

fn clean_leftovers(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let folder = entry.path();
        let owner_lives = File::open(folder.join(LOCK))
            .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err());
        if owner_lives {
            continue;
        }
        for server in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(text) = fs::read(server.path().join(RECORD)) else {
                continue;
            };
            let Ok(record) = serde_json::from_slice::<ProcessRecord>(&text) else {
                continue;
            };
            end_leftover(&record);
            if !record.data.starts_with(&folder) && record.data.ends_with(data_name(&folder, &server.path()))
            {
                let _ = fs::remove_dir_all(&record.data);
            }
        }
        tracing::info!(folder = %folder.display(), "removing what a killed run left");
        let _ = fs::remove_dir_all(&folder);
    }
}

/// The name of a data directory outside its run's folder: run and server.
pub(crate) fn data_name(run: &Path, server: &Path) -> String {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    format!("daybreak-{}-{}", name(run), name(server))
}

fn end_leftover(record: &ProcessRecord) {
    for (signal, patience) in [
        (Signal::QUIT, Duration::from_secs(3)),
        (Signal::KILL, Duration::from_secs(10)),
    ] {
        let deadline = Instant::now() + patience;
        let Some(pid) = record.alive() else { return };
        // A stopped process acts on nothing but KILL until it is continued.
        let _ = kill_process(pid, signal).and_then(|()| kill_process(pid, Signal::CONT));
        while record.alive().is_some() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
