//! What a cluster is made from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A backup by XtraBackup of a whole server, in a bucket of the cluster's region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSource {
    /// The bucket.
    pub bucket: String,
    /// What its files' keys begin with; may be empty.
    pub prefix: String,
    /// The role by which RDS reads them.
    pub role: String,
    /// What the server ran, such as `8.0.36`.
    pub server_version: String,
}

/// What a cluster is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nothing: it is empty.
    Empty,
    /// A backup by XtraBackup in S3.
    Backup(BackupSource),
    /// A snapshot of an RDS instance, by name or ARN.
    Snapshot(String),
    /// An RDS instance, by ARN, which it follows until it is promoted.
    Replica(String),
}

impl Origin {
    /// Whether a cluster from the one has what one from the other has. By which role a backup is read makes none another.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Backup(one), Self::Backup(other)) => {
                let of = |backup: &BackupSource| BackupSource {
                    role: String::new(),
                    ..backup.clone()
                };
                of(one) == of(other)
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing"),
            Self::Backup(BackupSource { bucket, prefix, .. }) => {
                write!(f, "the backup s3://{bucket}/{prefix}")
            }
            Self::Snapshot(name) => write!(f, "snapshot {name}"),
            Self::Replica(instance) => write!(f, "instance {instance}"),
        }
    }
}
