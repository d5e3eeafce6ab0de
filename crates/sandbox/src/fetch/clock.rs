//! A library that makes a program see another time: Debian's `libfaketime`.

use std::path::{Path, PathBuf};

use super::apt;
use crate::SandboxError;
use crate::cache::Cache;

/// Debian 12's, which needs a C library no newer than the oldest that servers here run with.
const SUITE: &str = "bookworm";

/// Gives the library's path, fetched on first use.
pub(crate) fn obtain(cache: &Cache, notice: &dyn Fn(&str)) -> Result<PathBuf, SandboxError> {
    let unavailable = |why: String| SandboxError::Unavailable {
        what: "libfaketime".into(),
        why,
        hint: "a Debian machine that reaches its package archive fetches it".into(),
    };
    let folder = cache
        .folder("libfaketime", |staging, home| {
            let package = "libfaketime";
            apt::fetch(&package, &[], SUITE, &[package], staging, home, notice)
        })
        .map_err(|failure| unavailable(failure.to_string()))?;
    find(&folder).ok_or_else(|| unavailable(format!("it is not in {}", folder.display())))
}

/// `usr/lib/TRIPLET/faketime/libfaketime.so.1`.
fn find(folder: &Path) -> Option<PathBuf> {
    let triplets = std::fs::read_dir(folder.join("usr/lib")).ok()?;
    let candidates = triplets
        .flatten()
        .map(|triplet| triplet.path().join("faketime/libfaketime.so.1"));
    candidates.into_iter().find(|path| path.exists())
}
