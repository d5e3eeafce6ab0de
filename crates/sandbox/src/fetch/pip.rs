//! Python packages, for the machine's own Python, in a folder of their own.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::SandboxError;
use crate::program::run;

/// Fetches packages with all they depend on into `staging`, which is then to be named by `PYTHONPATH`.
pub(super) fn fetch(
    what: &dyn Display,
    packages: &[&str],
    staging: &Path,
    notice: &dyn Fn(&str),
) -> Result<(), SandboxError> {
    notice(&format!(
        "fetching {what} (pip: {}, some 30 MB)",
        packages.join(", ")
    ));
    run(Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args([
            "--no-warn-script-location",
            "--root-user-action",
            "ignore",
            "--target",
        ])
        .arg(staging)
        .args(packages))?;
    run(Command::new("chmod").args(["-R", "a+rX"]).arg(staging)).map(drop)
}

/// The folder of the machine's Python.
pub(super) fn python(path: &OsStr) -> Result<PathBuf, SandboxError> {
    let found = std::env::split_paths(path).find(|folder| folder.join("python3").exists());
    found.ok_or_else(|| SandboxError::Unavailable {
        what: "python3".to_owned(),
        why: "it is not on PATH".to_owned(),
        hint: "install Python 3 with pip".to_owned(),
    })
}
