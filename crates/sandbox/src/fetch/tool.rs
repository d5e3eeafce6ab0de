//! Programs that are no servers and that a benchmark measures itself beside.

use std::fmt;
use std::path::{Path, PathBuf};

use super::apt;
use crate::SandboxError;
use crate::cache::Cache;

/// A tool that copies databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `mydumper` and `myloader`: parallel dump and load of MySQL.
    Mydumper,
    /// `pgcopydb`: parallel copy of one PostgreSQL database to another.
    Pgcopydb,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mydumper => "mydumper",
            Self::Pgcopydb => "pgcopydb",
        })
    }
}

impl Tool {
    /// The Debian suite it is taken from and its packages: the newest suite whose build works with the servers here.
    fn source(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Mydumper => ("sid", &["mydumper"]),
            Self::Pgcopydb => ("trixie", &["pgcopydb", "postgresql-client-17"]),
        }
    }

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Mydumper => &["mydumper", "myloader"],
            Self::Pgcopydb => &["pgcopydb"],
        }
    }
}

/// Where a tool's programs are.
#[derive(Debug, Clone)]
pub struct ToolPrograms {
    /// The folder that holds them.
    pub folder: PathBuf,
    /// Where the plugins of MariaDB's client library lie, when it was unpacked beside the system and looks elsewhere by itself.
    pub client_plugins: Option<PathBuf>,
}

impl ToolPrograms {
    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Gives a tool from `PATH`, else from the cache, else fetched into it.
pub(crate) fn obtain(cache: &Cache, tool: Tool, notice: &dyn Fn(&str)) -> Result<ToolPrograms, SandboxError> {
    let has_all = |folder: &Path| tool.programs().iter().all(|name| folder.join(name).exists());
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&on_path).find(|folder| has_all(folder)) {
        return Ok(ToolPrograms {
            folder,
            client_plugins: None,
        });
    }
    let (suite, packages) = tool.source();
    let folders = ["usr/bin".to_owned(), "usr/lib/postgresql/17/bin".to_owned()];
    let home = cache
        .folder(&format!("tool-{tool}"), |staging, home| {
            apt::fetch(&tool, &folders, suite, packages, staging, home, notice)
        })
        .map_err(|failure| SandboxError::Unavailable {
            what: tool.to_string(),
            why: failure.to_string(),
            hint: format!("install {tool}, so that it is found on PATH"),
        })?;
    Ok(ToolPrograms {
        folder: home.join("usr/bin"),
        client_plugins: client_plugins(&home),
    })
}

/// `usr/lib/TRIPLET/libmariadb3/plugin`.
fn client_plugins(home: &Path) -> Option<PathBuf> {
    let triplets = std::fs::read_dir(home.join("usr/lib")).ok()?;
    triplets
        .flatten()
        .map(|triplet| triplet.path().join("libmariadb3/plugin"))
        .find(|folder| folder.exists())
}
