//! The cache folder: fetched servers and initialised data directories, each made once however many tests ask for it at a time.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::SandboxError;
use crate::account::running_as_root;
use crate::failure::at;

/// A folder that outlives the program.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens, and makes if need be, the cache folder: `$DAYBREAK_CACHE`, else `$XDG_CACHE_HOME/daybreak`, else `~/.cache/daybreak`.
    ///
    /// For root it is `/var/cache/daybreak` unless `DAYBREAK_CACHE` says otherwise: servers then run as an unprivileged account,
    /// to which root's home is closed.
    pub(crate) fn open() -> Result<Self, SandboxError> {
        let root = match std::env::var_os("DAYBREAK_CACHE").filter(|v| !v.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None if running_as_root() => PathBuf::from("/var/cache/daybreak"),
            None => match std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()) {
                Some(folder) => PathBuf::from(folder).join("daybreak"),
                None => std::env::home_dir()
                    .ok_or_else(|| {
                        SandboxError::NotPossible("neither HOME nor DAYBREAK_CACHE is set".into())
                    })?
                    .join(".cache/daybreak"),
            },
        };
        fs::create_dir_all(&root).map_err(at("create", &root))?;
        let root = root.canonicalize().map_err(at("find", &root))?;
        if running_as_root() {
            reachable_by_all(&root)?;
        }
        let cache = Self { root };
        for part in ["locks", "staging", "runs"] {
            let folder = cache.root.join(part);
            fs::create_dir_all(&folder).map_err(at("create", &folder))?;
        }
        Ok(cache)
    }

    /// Where the runs have their folders.
    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// Waits for the named lock. It is held until the answer is dropped, or the process dies.
    pub(crate) fn lock(&self, name: &str) -> Result<File, SandboxError> {
        let path = self.root.join("locks").join(name);
        let file = File::create(&path).map_err(at("create", &path))?;
        flock(&file, FlockOperation::LockExclusive).map_err(|e| at("lock", &path)(e.into()))?;
        Ok(file)
    }

    /// Takes the named lock if nobody has it.
    pub(crate) fn try_lock(&self, name: &str) -> Result<Option<File>, SandboxError> {
        let path = self.root.join("locks").join(name);
        let file = File::create(&path).map_err(at("create", &path))?;
        Ok(flock(&file, FlockOperation::NonBlockingLockExclusive)
            .is_ok()
            .then_some(file))
    }

    /// The folder `name`, made by `make` if it is not there yet.
    ///
    /// `make` is given the folder to fill and the path it will have when it is done. It appears there complete or not at all;
    /// what a killed `make` left is removed by the next one.
    pub(crate) fn folder(
        &self,
        name: &str,
        make: impl FnOnce(&Path, &Path) -> Result<(), SandboxError>,
    ) -> Result<PathBuf, SandboxError> {
        let folder = self.root.join(name);
        if folder.exists() {
            return Ok(folder);
        }
        let _lock = self.lock(name)?;
        if folder.exists() {
            return Ok(folder);
        }
        let staging = self.root.join("staging").join(name);
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(at("remove", &staging))?;
        }
        fs::create_dir(&staging).map_err(at("create", &staging))?;
        let made = make(&staging, &folder);
        if made.is_ok() {
            fs::rename(&staging, &folder).map_err(at("move", &staging))?;
        }
        let _ = fs::remove_dir_all(&staging);
        made.map(|()| folder)
    }
}

/// Whether the unprivileged account can come to a folder.
fn reachable_by_all(folder: &Path) -> Result<(), SandboxError> {
    for part in folder.ancestors() {
        let mode = fs::metadata(part)
            .map_err(at("look at", part))?
            .permissions()
            .mode();
        if mode & 0o001 == 0 {
            return Err(SandboxError::NotPossible(format!(
                "the cache folder {} is closed to the unprivileged account that servers run as: {} has mode {:o}; \
                 set DAYBREAK_CACHE to a folder that everybody can enter",
                folder.display(),
                part.display(),
                mode & 0o7777
            )));
        }
    }
    Ok(())
}
