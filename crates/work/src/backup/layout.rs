//! What lies where in a backup. The names of files and of these fields are public.

use daybreak_model::{Flavor, Position, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::position::LogPosition;
use crate::{Depot, DepotError};

/// The version of this format.
pub(super) const FORMAT: u32 = 1;
/// Whose backup is being made here.
pub(super) const BEGUN: &str = "backup-begun.json";
/// What there is once it is whole.
pub(super) const MANIFEST: &str = "backup.json";
/// The folder of the stream's parts, and of nothing else: what Aurora is pointed at reads every file below it.
pub const FOLDER: &str = "files";
/// What a part's name begins with; its number follows, as `split` writes it.
pub(super) const PART: &str = "backup.xbstream";

/// The first thing written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begun {
    pub(super) format: u32,
    /// The server, whatever its address ([`Identity::unique_id`](daybreak_engine::Identity)).
    pub(super) server: String,
    /// Its address.
    pub(super) address: String,
}

/// A backup that is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// The version of this format.
    pub format: u32,
    /// When it was whole.
    pub at: Timestamp,
    /// The server it is of, whatever its address.
    pub server: String,
    /// Its address.
    pub address: String,
    /// What that ran.
    pub source: Flavor,
    /// The backup program, by name.
    pub program: String,
    /// Its version.
    pub program_version: Version,
    /// Where the server's binary log stood.
    pub position: LogPosition,
    /// Where its primary's stood, of a backup made on a replica that says so (`--slave-info`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub primary: Option<LogPosition>,
    /// Files in the stream.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The stream, in order.
    pub parts: Vec<BackupPart>,
}

/// A part of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPart {
    /// Its name below the backup's place.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl BackupManifest {
    /// The whole backup at a place; `None` where there is none.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub async fn read(depot: &Depot) -> Result<Option<Self>, DepotError> {
        depot.get_json(MANIFEST).await
    }

    /// Where replication from this server starts, by GTID or by file and offset: of a backup of its replica, where that had come in
    /// its log. `None` where the backup does not say.
    #[must_use]
    pub fn starts_at(&self, server: &str, by_gtid: bool) -> Option<Position> {
        let of_this = self.server == server;
        // A transaction has the same GTID everywhere.
        let told = match &self.primary {
            _ if of_this || by_gtid => &self.position,
            Some(primary) if !primary.file.is_empty() => primary,
            _ => return None,
        };
        told.to_start_from(by_gtid)
    }
}
