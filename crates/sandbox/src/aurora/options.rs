//! What a cluster is to be like.

use std::path::{Path, PathBuf};

use crate::kind::{Engine, ServerKind};
use crate::setup::{ServerSetup, Settings};

/// What a stand-in is to be like.
#[derive(Debug, Clone)]
#[must_use = "a cluster exists once it is started"]
pub struct AuroraOptions {
    pub(super) kind: ServerKind,
    pub(super) tiers: Vec<u8>,
    pub(super) gtid: bool,
    pub(super) require_tls: bool,
    pub(super) settings: Settings,
    pub(super) data_folder: Option<PathBuf>,
}

impl AuroraOptions {
    /// An Aurora MySQL version 3 cluster of a lone writer: binary log on, GTID off.
    pub fn mysql() -> Self {
        Self::new(ServerKind::Mysql97)
    }

    /// An Aurora PostgreSQL cluster of a lone writer of this major version (16 to 18), logical replication on.
    pub fn postgres(major: u8) -> Self {
        Self::new(ServerKind::Postgres(major)).setting("rds.logical_replication", "1")
    }

    fn new(kind: ServerKind) -> Self {
        Self {
            kind,
            tiers: vec![1],
            gtid: false,
            require_tls: false,
            settings: Settings::new(),
            data_folder: None,
        }
    }

    /// Has this many readers, all of promotion tier 1.
    pub fn readers(mut self, count: usize) -> Self {
        self.tiers = vec![1; count + 1];
        self
    }

    /// Has one instance for each promotion tier given (0 to 15); the first is the writer.
    pub fn tiers(mut self, tiers: &[u8]) -> Self {
        self.tiers = tiers.to_vec();
        self
    }

    /// Runs with `gtid_mode = ON` (MySQL).
    pub fn gtid(mut self, on: bool) -> Self {
        self.gtid = on;
        self
    }

    /// Refuses TCP connections without TLS: `require_secure_transport`, `rds.force_ssl`.
    pub fn require_tls(mut self, on: bool) -> Self {
        self.require_tls = on;
        self
    }

    /// Sets a cluster parameter from the start.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Puts every data directory under this folder, such as a small file system of a test's own for a full disk.
    pub fn data_dir_on(mut self, folder: &Path) -> Self {
        self.data_folder = Some(folder.to_owned());
        self
    }

    /// The setup with its data directory where it belongs.
    pub(super) fn place(&self, setup: ServerSetup) -> ServerSetup {
        match &self.data_folder {
            Some(folder) => setup.data_dir_on(folder),
            None => setup,
        }
    }

    pub(super) fn engine(&self) -> Engine {
        self.kind.engine()
    }
}
