//! A directory, or a prefix in a bucket: where dumps and backups lie.

mod error;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::DepotError;

/// Parts of a file that are on their way to the store at once.
const PARTS_AT_ONCE: usize = 2;

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepotPlace {
    /// A directory of this machine.
    Directory(PathBuf),
    /// Below a prefix in a bucket of S3.
    S3 {
        /// Such as `eu-central-1`.
        region: String,
        /// The bucket.
        bucket: String,
        /// Without slashes at its ends; may be empty.
        prefix: String,
    },
}

impl fmt::Display for DepotPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(formatter, "{}", path.display()),
            Self::S3 { bucket, prefix, .. } => write!(formatter, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Where files lie, and how they are reached.
#[derive(Debug, Clone)]
pub struct Depot {
    place: DepotPlace,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Depot {
    /// A directory, which is made if it is not there, for this account's eyes alone: it will hold the company's data.
    ///
    /// # Errors
    /// When it cannot be made or is no directory.
    pub fn directory(path: &FilePath) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        if !path.exists() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)?;
        }
        let path = path.canonicalize()?;
        let store = LocalFileSystem::new_with_prefix(&path)?.with_fsync(true);
        Ok(Self {
            place: DepotPlace::Directory(path),
            store: Arc::new(store),
            prefix: Path::default(),
        })
    }

    /// A prefix in a bucket, reached by `store`, which is the bucket.
    #[must_use]
    pub fn bucket(region: &str, bucket: &str, prefix: &str, store: Arc<dyn ObjectStore>) -> Self {
        let prefix = prefix.trim_matches('/');
        Self {
            place: DepotPlace::S3 {
                region: region.to_owned(),
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            },
            store,
            prefix: Path::from(prefix),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &DepotPlace {
        &self.place
    }

    /// A file's key in the bucket, or its path in the directory.
    pub(crate) fn key(&self, name: &str) -> String {
        self.path(name).to_string()
    }

    fn path(&self, name: &str) -> Path {
        let parts = self.prefix.parts().map(|part| part.as_ref().to_owned());
        Path::from_iter(parts.chain(name.split('/').map(str::to_owned)))
    }

    pub(crate) fn failed(&self, what: String) -> impl FnOnce(object_store::Error) -> DepotError {
        let place = self.place.to_string();
        |source| DepotError::Refused { what, place, source }
    }

    /// A small file; `None` where there is none.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>, DepotError> {
        let got = async { self.store.get(&self.path(name)).await?.bytes().await };
        match got.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(format!("read {name}"))(error)),
        }
    }

    /// A small file of JSON; `None` where there is none.
    pub(crate) async fn get_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DepotError> {
        let Some(bytes) = self.get(name).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| DepotError::Unreadable {
                name: name.to_owned(),
                place: self.place.to_string(),
                trouble: error.to_string(),
            })
    }

    /// Writes a small file: it is there as a whole or not at all.
    pub(crate) async fn put(&self, name: &str, bytes: impl Into<Bytes>) -> Result<(), DepotError> {
        let payload = PutPayload::from_bytes(bytes.into());
        let put = self.store.put(&self.path(name), payload).await;
        put.map(drop).map_err(self.failed(format!("write {name}")))
    }

    /// Writes a small file of JSON, and gives its bytes.
    pub(crate) async fn put_json(&self, name: &str, value: &impl Serialize) -> Result<Bytes, DepotError> {
        let text = serde_json::to_vec(value).map_err(|error| DepotError::Unreadable {
            name: name.to_owned(),
            place: self.place.to_string(),
            trouble: error.to_string(),
        })?;
        let bytes = Bytes::from(text);
        self.put(name, bytes.clone()).await?;
        Ok(bytes)
    }

    /// Takes a file away; one that is not there is no trouble.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), DepotError> {
        match self.store.delete(&self.path(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(format!("remove {name}"))(error)),
        }
    }

    /// A file's size; `None` where there is none.
    pub(crate) async fn size(&self, name: &str) -> Result<Option<u64>, DepotError> {
        match self.store.head(&self.path(name)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(format!("look for {name}"))(error)),
        }
    }

    /// The name of any file there.
    pub(crate) async fn any(&self) -> Result<Option<String>, DepotError> {
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let first = self.store.list(prefix).try_next().await;
        let first = first.map_err(self.failed("list what is there".to_owned()))?;
        Ok(first.map(|meta| meta.location.to_string()))
    }

    /// Takes away every file below a folder that is not named.
    pub(crate) async fn sweep(&self, folder: &str, named: &HashSet<String>) -> Result<(), DepotError> {
        if let DepotPlace::Directory(path) = &self.place {
            // Beside files also what a killed write left, which the store does not list.
            let swept = sweep_directory(path, folder, named);
            return swept.map_err(|source| {
                let generic = object_store::Error::Generic {
                    store: "directory",
                    source: Box::new(source),
                };
                self.failed(format!("clear {folder}"))(generic)
            });
        }
        let keys: HashSet<String> = named.iter().map(|name| self.key(name)).collect();
        let failed = || self.failed(format!("clear {folder}"));
        let mut listed = self.store.list(Some(&self.path(folder)));
        while let Some(found) = listed.try_next().await.map_err(failed())? {
            if !keys.contains(found.location.as_ref()) {
                self.store.delete(&found.location).await.map_err(failed())?;
            }
        }
        Ok(())
    }

    /// Every file there with its size, by its name below the prefix.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub async fn files(&self) -> Result<Vec<(String, u64)>, DepotError> {
        let failed = || self.failed("list what is there".to_owned());
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let mut listed = self.store.list(prefix);
        let mut files = Vec::new();
        while let Some(found) = listed.try_next().await.map_err(failed())? {
            let name = match found.location.prefix_match(&self.prefix) {
                Some(parts) => parts
                    .map(|part| part.as_ref().to_owned())
                    .collect::<Vec<_>>()
                    .join("/"),
                None => found.location.to_string(),
            };
            files.push((name, found.size));
        }
        files.sort();
        Ok(files)
    }

    /// A part of a file.
    pub(crate) async fn part(&self, name: &str, from: u64, to: u64) -> Result<Bytes, DepotError> {
        let got = self.store.get_range(&self.path(name), from..to).await;
        got.map_err(self.failed(format!("read {name}")))
    }

    /// A file to be written: there once it is shut down in good order, and not before.
    pub(crate) fn writer(&self, name: &str, part: usize) -> BufWriter {
        BufWriter::with_capacity(Arc::clone(&self.store), self.path(name), part)
            .with_max_concurrency(PARTS_AT_ONCE)
    }
}

fn sweep_directory(path: &FilePath, folder: &str, named: &HashSet<String>) -> std::io::Result<()> {
    let inside = match std::fs::read_dir(path.join(folder)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        inside => inside?,
    };
    for found in inside {
        let found = found?;
        let name = format!("{folder}/{}", found.file_name().display());
        if found.file_type()?.is_dir() {
            sweep_directory(path, &name, named)?;
        } else if !named.contains(&name) {
            std::fs::remove_file(found.path())?;
        }
    }
    Ok(())
}
