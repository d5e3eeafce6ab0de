//! The programs and the supporting files of one kind of server.

use std::path::{Path, PathBuf};

use crate::SandboxError;
use crate::kind::ServerKind;

/// Where the programs of a kind of server are.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    kind: ServerKind,
    /// The folder the packages were unpacked into; none for servers found on `PATH`.
    home: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Binaries {
    pub(super) fn fetched(kind: ServerKind, home: PathBuf) -> Self {
        let folders = program_folders(kind).iter().map(|f| home.join(f)).collect();
        Self {
            kind,
            home: Some(home),
            folders,
        }
    }

    pub(super) fn found(kind: ServerKind, folders: Vec<PathBuf>) -> Self {
        Self {
            kind,
            home: None,
            folders,
        }
    }

    /// The kind of server these programs are of.
    pub(crate) fn kind(&self) -> ServerKind {
        self.kind
    }

    /// The name of what is made with these programs and kept in the cache.
    pub(crate) fn slug(&self) -> String {
        let origin = if self.home.is_some() { "" } else { "-on-path" };
        format!("{}{origin}", self.kind.slug())
    }

    /// The path of one program, such as `mysqld` or `pg_dump`.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf, SandboxError> {
        self.folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.exists())
            .ok_or_else(|| SandboxError::Unavailable {
                what: format!("program {name} of {}", self.kind),
                why: format!("not in {:?}", self.folders),
                hint: "take another kind of server, or install it and set DAYBREAK_SERVERS=path".into(),
            })
    }

    /// A supporting folder such as `usr/share/mysql`; none when the server knows its own.
    pub(crate) fn support(&self, folder: &str) -> Option<PathBuf> {
        self.home
            .as_ref()
            .map(|home| home.join(folder))
            .filter(|path| path.exists())
    }
}

/// The folders, inside the unpacked packages, that hold the programs of a kind.
pub(super) fn program_folders(kind: ServerKind) -> Vec<String> {
    match kind {
        ServerKind::Mysql97 | ServerKind::MariaDb1011 => vec!["usr/sbin".into(), "usr/bin".into()],
        ServerKind::Mysql56 => vec!["package/server".into()],
        ServerKind::Postgres(major) => vec![
            format!("usr/lib/postgresql/{major}/bin"),
            "package/native/bin".into(),
            // Where Debian keeps openssl.
            "usr/bin".into(),
        ],
    }
}

/// Whether a file is a program that the dynamic loader starts, as opposed to a script.
pub(super) fn is_elf(path: &Path) -> bool {
    use std::io::Read as _;
    let mut magic = [0; 4];
    std::fs::File::open(path)
        .and_then(|mut f| f.read_exact(&mut magic))
        .is_ok()
        && magic == *b"\x7fELF"
}
