//! Initialised data directories: made once per kind of server, then copied.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::SandboxError;
use crate::cache::Cache;
use crate::fetch::Binaries;
use crate::kind::Engine;
use crate::program::run;
use crate::run::private_folder;
use crate::{mysql, postgres};

/// Counts up whenever the way they are made changes.
const GENERATION: u32 = 4;

/// What a fresh data directory begins with.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Beginning {
    /// The only account, without a password.
    pub(crate) superuser: &'static str,
    /// Statements run in it once (MySQL 9.7).
    pub(crate) statements: Vec<String>,
}

/// Gives a freshly initialised data directory.
pub(crate) fn obtain(
    cache: &Cache,
    binaries: &Binaries,
    beginning: &Beginning,
    notice: &dyn Fn(&str),
) -> Result<PathBuf, SandboxError> {
    let kind = binaries.kind();
    // What was made from other statements, by another version of this program, is another template.
    let mut made_from = DefaultHasher::new();
    (GENERATION, beginning).hash(&mut made_from);
    let name = format!("{}-data-{:016x}", binaries.slug(), made_from.finish());
    let folder = cache.folder(&name, |staging, _| {
        notice(&format!("initialising {kind}"));
        let data = private_folder(&staging.join("data"))?;
        match kind.engine() {
            Engine::Mysql => mysql::initialise(binaries, beginning, &data),
            Engine::Postgres => postgres::initialise(binaries, beginning.superuser, &data),
        }
    })?;
    Ok(folder.join("data"))
}

/// Copies a data directory of a server that does not run, with owners and modes.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), SandboxError> {
    run(Command::new("cp")
        .args(["-a", "--reflink=auto", "-T"])
        .arg(from)
        .arg(to))
    .map(drop)
}
