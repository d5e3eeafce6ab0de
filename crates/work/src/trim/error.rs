use std::path::PathBuf;

use daybreak_archive::ArchiveError;
use daybreak_engine::EngineError;

use crate::DepotError;

/// Why rows are not taken out, or not put back.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// The server.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file of the archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A rule that cannot be carried out as it stands.
    #[error("rule `{rule}`: {trouble}")]
    Rule {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        trouble: String,
        /// What to do.
        hint: String,
    },
    /// The archive's folder.
    #[error("failed to {what} {path}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bucket of the archive.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// A file of the archive is not where it belongs.
    #[error("{file} is not in {place}")]
    NotThere {
        /// The file.
        file: String,
        /// The bucket.
        place: String,
    },
    /// A manifest that says what cannot be.
    #[error("{path}: {trouble}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        trouble: String,
    },
    /// A table whose rows were those of a partition is not as it was left.
    #[error("{aside}, the rows of a partition that was set aside, {trouble}")]
    Aside {
        /// The table.
        aside: String,
        /// What is wrong.
        trouble: String,
    },
    /// Rows that were put back are not what they were.
    #[error("{table}: {trouble}")]
    NotRestored {
        /// The table.
        table: String,
        /// What is wrong.
        trouble: String,
    },
    /// Rows whose key another row has by now.
    #[error("{table} has {rows} rows of {file} with other values, the first where {key}")]
    Changed {
        /// The table.
        table: String,
        /// The file of the archive.
        file: String,
        /// How many.
        rows: usize,
        /// The key of the first.
        key: String,
    },
    /// Triggers would fire as rows come back.
    #[error("storing rows of {table} fires triggers, which could change them: {triggers}")]
    Triggers {
        /// The table.
        table: String,
        /// Their names.
        triggers: String,
    },
    /// Another run is at work on the same rule.
    #[error("another run is at work on rule `{rule}`: it holds {lock}")]
    Busy {
        /// The rule.
        rule: String,
        /// The file that it has locked.
        lock: PathBuf,
    },
}

impl TrimError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint().map(str::to_owned),
            Self::Archive(error) => Some(error.hint().to_owned()),
            Self::Rule { hint, .. } => Some(hint.clone()),
            Self::Io { .. } => Some("is there room, and may this account write there?".to_owned()),
            Self::Depot(error) => Some(error.hint().to_owned()),
            Self::Aside { .. } => {
                Some("look at it before anything else: nothing of it was deleted by this run".to_owned())
            }
            Self::NotThere { .. } => {
                Some("was it removed, by hand or by a rule of the bucket? take it from a copy".to_owned())
            }
            Self::Manifest { .. } => Some("was it changed by hand? take the folder from a backup".to_owned()),
            Self::NotRestored { .. } => Some(
                "restore into an empty table of the same shape, or delete what is there first".to_owned(),
            ),
            Self::Changed { .. } => Some(
                "nothing of the file was put back: `--keep-changed` leaves these rows as they are and puts the others back; where the archive is to \
                 count, delete them first"
                    .to_owned(),
            ),
            Self::Triggers { .. } => Some(
                "no row was put back: drop them for the while, or restore `--into` a table without; on PostgreSQL an account that may set \
                 `session_replication_role` fires none"
                    .to_owned(),
            ),
            Self::Busy { .. } => Some("wait until it has ended".to_owned()),
        }
    }
}
