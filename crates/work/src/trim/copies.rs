//! Archives in a bucket: each file is there, and read back, before its rows are deleted; the manifest follows it. What lies in the folder
//! of the run meanwhile is taken away once all of it is in the bucket.

use std::path::{Path, PathBuf};

use daybreak_archive::Archived;
use sha2::{Digest as _, Sha256};

use super::error::TrimError;
use super::manifest::{MANIFEST, Part, Run};
use crate::Depot;
use crate::hex::hex;

/// Where the runs of a rule are kept: a folder, or a bucket of which manifests, and the file at hand, are in a folder meanwhile.
#[derive(Debug)]
pub struct TrimArchive {
    folder: PathBuf,
    depot: Option<Depot>,
}

impl TrimArchive {
    /// A folder, of a run or of a rule.
    #[must_use]
    pub fn folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            depot: None,
        }
    }

    /// What lies in a depot, of a run or of a rule; `scratch` is an empty folder for the while.
    ///
    /// # Errors
    /// When it cannot be listed or read.
    pub async fn of_depot(depot: Depot, scratch: &Path) -> Result<Self, TrimError> {
        for (name, _) in depot.files().await? {
            let is_manifest = name == MANIFEST || name.ends_with(&format!("/{MANIFEST}"));
            if !is_manifest {
                continue;
            }
            if let Some(text) = depot.get(&name).await? {
                write(&below(scratch, &name)?, &text)?;
            }
        }
        Ok(Self {
            folder: scratch.to_owned(),
            depot: Some(depot),
        })
    }

    /// Its runs, the oldest first.
    pub(super) fn runs(&self) -> Result<Vec<Run>, TrimError> {
        Run::all(&self.folder)
    }

    /// What a run is called.
    pub(super) fn name(&self, run: &Run) -> PathBuf {
        match &self.depot {
            None => run.folder.clone(),
            Some(depot) => {
                let below = run.folder.strip_prefix(&self.folder).unwrap_or(Path::new(""));
                PathBuf::from(depot.place().to_string()).join(below)
            }
        }
    }

    /// The file of a part, as it was written. One that had to be fetched replaces the one before.
    pub(super) async fn file(&self, run: &Run, part: &Part) -> Result<PathBuf, TrimError> {
        let Some(depot) = &self.depot else {
            let path = run.folder.join(&part.file);
            part.facts.verify(&path)?;
            return Ok(path);
        };
        let below = run.folder.strip_prefix(&self.folder).unwrap_or(Path::new(""));
        let name = below.join(&part.file).to_string_lossy().into_owned();
        let bytes = depot.get(&name).await?.ok_or_else(|| TrimError::NotThere {
            file: name.clone(),
            place: depot.place().to_string(),
        })?;
        let path = self.folder.join("file.parquet");
        write(&path, &bytes)?;
        drop(bytes);
        part.facts.verify(&path)?;
        Ok(path)
    }
}

/// A path below a folder: what a bucket calls things cannot lead out of it.
pub(super) fn below(folder: &Path, name: &str) -> Result<PathBuf, TrimError> {
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain {
        return Ok(folder.join(name));
    }
    Err(TrimError::Manifest {
        path: PathBuf::from(name),
        trouble: "this is no name of a run".to_owned(),
    })
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), TrimError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |source| TrimError::Io {
        what: "write",
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_data()));
    written.map_err(failed)
}

/// Puts a file of a run into the depot, and sees by reading it back that it is there as it was written.
pub(super) async fn put(depot: &Depot, rule: &str, path: &Path, facts: &Archived) -> Result<(), TrimError> {
    let name = name(rule, path);
    depot.put(&name, read(path)?).await?;
    is_there(depot, &name, facts).await
}

/// Puts the manifest of a run as it stands into the depot.
pub(super) async fn put_manifest(depot: &Depot, rule: &str, folder: &Path) -> Result<(), TrimError> {
    let path = folder.join(MANIFEST);
    depot.put(&name(rule, &path), read(&path)?).await?;
    Ok(())
}

/// Takes away the folder of a run that ended, once everything that it names is in the depot.
pub(super) async fn hand_over(depot: &Depot, rule: &str, folder: &Path) -> Result<(), TrimError> {
    for part in &Run::read(folder)?.parts {
        let path = below(folder, &part.file)?;
        // It was read back when it was put there, before its rows were touched.
        if depot.size(&name(rule, &path)).await? != Some(part.facts.bytes) {
            put(depot, rule, &path, &part.facts).await?;
        }
    }
    put_manifest(depot, rule, folder).await?;
    std::fs::remove_dir_all(folder).map_err(|source| TrimError::Io {
        what: "remove",
        path: folder.to_owned(),
        source,
    })
}

async fn is_there(depot: &Depot, name: &str, facts: &Archived) -> Result<(), TrimError> {
    let place = || depot.place().to_string();
    let bytes = depot.get(name).await?.ok_or_else(|| TrimError::NotThere {
        file: name.to_owned(),
        place: place(),
    })?;
    if hex(&Sha256::digest(&bytes)) == facts.sha256 {
        return Ok(());
    }
    Err(TrimError::Manifest {
        path: PathBuf::from(format!("{}/{name}", place())),
        trouble: "it is not the file that was written".to_owned(),
    })
}

/// `rule/run/file`.
fn name(rule: &str, path: &Path) -> String {
    let part = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let run = part(path.parent().and_then(Path::file_name));
    format!("{rule}/{run}/{}", part(path.file_name()))
}

fn read(path: &Path) -> Result<Vec<u8>, TrimError> {
    std::fs::read(path).map_err(|source| TrimError::Io {
        what: "read",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{below, name};

    #[test]
    fn names_of_a_bucket_stay_in_the_folder() {
        let folder = Path::new("/scratch");
        assert_eq!(
            below(folder, "a/b.jsonl").expect("plain"),
            Path::new("/scratch/a/b.jsonl")
        );
        for odd in ["../x", "/etc/x", "a/../../x"] {
            assert!(below(folder, odd).is_err(), "{odd}");
        }
        assert_eq!(
            name("old", Path::new("/x/20261130T0/s.t-00001.parquet")),
            "old/20261130T0/s.t-00001.parquet"
        );
    }
}
