//! Programs that are no database servers: what a benchmark measures itself beside, and what stands in for AWS.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{apt, pip};
use crate::SandboxError;
use crate::cache::Cache;

/// A tool that copies or compares databases, or stands in for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `mydumper` and `myloader`: parallel dump and load of MySQL.
    Mydumper,
    /// `pgcopydb`: parallel copy of one PostgreSQL database to another.
    Pgcopydb,
    /// `pt-table-checksum`, which compares replicas of MySQL and MariaDB with their primary, and `pt-query-digest`, which reads slow
    /// logs.
    PerconaToolkit,
    /// moto, which answers as AWS does: the program is `python3`, the module `moto.server`.
    Moto,
    /// cfn-lint and python-hcl2, which read templates of CloudFormation and modules of Terraform: the program is `python3`.
    Templates,
    /// reladiff, a Python library that compares tables of two databases: the program is `python3`.
    Reladiff,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mydumper => "mydumper",
            Self::Pgcopydb => "pgcopydb",
            Self::PerconaToolkit => "percona-toolkit",
            Self::Moto => "moto",
            Self::Templates => "cfn-lint",
            Self::Reladiff => "reladiff",
        })
    }
}

/// Where a tool comes from when it is not on `PATH`.
enum Origin {
    /// A Debian suite and packages: the newest suite whose build works with the servers here, and with the machine's Perl.
    Apt(&'static str, &'static [&'static str]),
    /// Packages of PyPI, for the machine's Python.
    Pip(&'static [&'static str]),
}

impl Tool {
    const fn origin(self) -> Origin {
        match self {
            Self::Mydumper => Origin::Apt("sid", &["mydumper"]),
            Self::Pgcopydb => Origin::Apt("trixie", &["pgcopydb", "postgresql-client-17"]),
            Self::PerconaToolkit => Origin::Apt("bookworm", &["percona-toolkit"]),
            Self::Moto => Origin::Pip(&["moto[server]==5.2.5"]),
            Self::Templates => Origin::Pip(&["cfn-lint==1.58.0", "python-hcl2"]),
            Self::Reladiff => Origin::Pip(&["reladiff", "mysql-connector-python", "psycopg2-binary"]),
        }
    }

    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Mydumper => &["mydumper", "myloader"],
            Self::Pgcopydb => &["pgcopydb"],
            Self::PerconaToolkit => &["pt-table-checksum", "pt-query-digest"],
            Self::Moto | Self::Templates | Self::Reladiff => &["python3"],
        }
    }

    /// Whether the programs in a folder are all that is needed.
    fn is_whole(self, folder: &Path) -> bool {
        if !self.programs().iter().all(|name| folder.join(name).exists()) {
            return false;
        }
        let modules = match self {
            Self::Moto => "import moto.server",
            Self::Templates => "import cfnlint, hcl2",
            Self::Reladiff => "import reladiff, mysql.connector, psycopg2",
            _ => return true,
        };
        let mut python = Command::new(folder.join("python3"));
        python.args(["-c", modules]);
        python.output().is_ok_and(|output| output.status.success())
    }
}

/// Where a tool's programs are.
#[derive(Debug, Clone)]
pub struct ToolPrograms {
    /// The folder that holds them.
    pub folder: PathBuf,
    /// Where the plugins of MariaDB's client library lie, when it was unpacked beside the system and looks elsewhere by itself.
    pub client_plugins: Option<PathBuf>,
    /// Environment in which interpreters find what was unpacked beside the system.
    pub environment: Vec<(&'static str, OsString)>,
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
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&on_path).find(|folder| tool.is_whole(folder)) {
        return Ok(ToolPrograms {
            folder,
            client_plugins: None,
            environment: Vec::new(),
        });
    }
    let home = cache
        .folder(&format!("tool-{tool}"), |staging, home| match tool.origin() {
            Origin::Apt(suite, packages) => {
                let folders = ["usr/bin".to_owned(), "usr/lib/postgresql/17/bin".to_owned()];
                apt::fetch(&tool, &folders, suite, packages, staging, home, notice)
            }
            Origin::Pip(packages) => pip::fetch(&tool, packages, staging, notice),
        })
        .map_err(|failure| SandboxError::Unavailable {
            what: tool.to_string(),
            why: failure.to_string(),
            hint: format!("install {tool}, so that it is found on PATH"),
        })?;
    Ok(match tool {
        Tool::Mydumper | Tool::Pgcopydb => ToolPrograms {
            folder: home.join("usr/bin"),
            client_plugins: client_plugins(&home),
            environment: Vec::new(),
        },
        Tool::PerconaToolkit => ToolPrograms {
            folder: home.join("usr/bin"),
            client_plugins: None,
            environment: perl(&home),
        },
        Tool::Moto | Tool::Templates | Tool::Reladiff => ToolPrograms {
            folder: pip::python(&on_path)?,
            client_plugins: None,
            environment: vec![("PYTHONPATH", home.into_os_string())],
        },
    })
}

/// `usr/lib/TRIPLET`.
fn library_folders(home: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(home.join("usr/lib"));
    let folders = folders.into_iter().flatten().flatten();
    folders
        .map(|folder| folder.path())
        .filter(|folder| folder.to_string_lossy().ends_with("-linux-gnu"))
        .collect()
}

/// `usr/lib/TRIPLET/libmariadb3/plugin`.
fn client_plugins(home: &Path) -> Option<PathBuf> {
    let folders = library_folders(home).into_iter();
    folders
        .map(|folder| folder.join("libmariadb3/plugin"))
        .find(|folder| folder.exists())
}

/// Where the machine's Perl finds the modules, and their libraries.
fn perl(home: &Path) -> Vec<(&'static str, OsString)> {
    let mut modules = vec![home.join("usr/share/perl5")];
    let libraries = library_folders(home);
    for folder in &libraries {
        let versions = std::fs::read_dir(folder.join("perl5"))
            .into_iter()
            .flatten()
            .flatten();
        modules.extend(versions.map(|version| version.path()));
    }
    let joined = |folders: &[PathBuf]| std::env::join_paths(folders).unwrap_or_default();
    vec![
        ("PERL5LIB", joined(&modules)),
        ("LD_LIBRARY_PATH", joined(&libraries)),
    ]
}
