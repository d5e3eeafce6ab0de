use std::path::PathBuf;

use daybreak_engine::EngineError;

use super::stream::Broken;
use crate::DepotError;

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The directory or bucket said no.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// It holds something that is not a backup of this server.
    #[error("{place} is not empty: it holds {found}, and no backup of this server")]
    NotEmpty {
        /// The directory or bucket.
        place: String,
        /// A name in it.
        found: String,
    },
    /// It holds a whole backup.
    #[error("{place} holds a backup that has been whole since {since}")]
    Whole {
        /// The directory or bucket.
        place: String,
        /// When.
        since: jiff::Timestamp,
    },
    /// The server's files are not on this machine.
    #[error("the data files of {server} are not here: {why}")]
    Elsewhere {
        /// The server.
        server: String,
        /// In words.
        why: String,
    },
    /// The program cannot be run.
    #[error("failed to run {}", program.display())]
    NoProgram {
        /// Which.
        program: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The program does not say which version it is.
    #[error("{} does not say which version it is: `{said}`", program.display())]
    NoVersion {
        /// Which.
        program: PathBuf,
        /// What it said.
        said: String,
    },
    /// The program failed.
    #[error("{program} ended with {status}: {said}")]
    Failed {
        /// Which.
        program: String,
        /// How it ended.
        status: String,
        /// Its last words.
        said: String,
    },
    /// What it wrote is no whole backup.
    #[error("the stream of {program} is not a whole backup: {0}", program = .1)]
    Broken(#[source] Broken, String),
    /// It does not say where replication starts.
    #[error("the backup does not say where the binary log stood")]
    NoPosition,
    /// A part did not arrive.
    #[error("failed to write {name} in {place}")]
    Unwritten {
        /// The part.
        name: String,
        /// The directory or bucket.
        place: String,
        /// The store's error.
        #[source]
        source: std::io::Error,
    },
    /// A part is not there as it was written.
    #[error("{name} in {place} {trouble}")]
    NotThere {
        /// The part.
        name: String,
        /// The directory or bucket.
        place: String,
        /// In words.
        trouble: String,
    },
    /// A file for the program could not be written.
    #[error("failed to write what {program} needs to log in")]
    Scratch {
        /// Which program.
        program: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl BackupError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Engine(error) => return error.hint().map(str::to_owned),
            Self::Depot(error) => error.hint(),
            Self::NotEmpty { .. } => "name a directory or prefix that is empty or not there yet",
            Self::Whole { .. } => {
                "restore it (`daybreak provision apply --from-backup`), or name another place for a new one"
            }
            Self::Elsewhere { .. } => {
                "run this on the machine that has the files (a replica's serves), as an account that may read them"
            }
            Self::NoProgram { .. } => {
                "install Percona XtraBackup (MariaDB: mariadb-backup) of the server's own version, or name it: `load.backup.program`"
            }
            Self::NoVersion { .. } => "name XtraBackup or mariadb-backup itself: `load.backup.program`",
            Self::Failed { .. } => {
                "see what it says; the account needs RELOAD, PROCESS, LOCK TABLES, REPLICATION CLIENT, and BACKUP_ADMIN since MySQL 8.0"
            }
            Self::Broken(..) => "nothing of it is used; run the same command again",
            Self::NoPosition => {
                "turn the binary log on (`log_bin`): without its position nothing can be replicated after the restore"
            }
            Self::Unwritten { .. } | Self::NotThere { .. } => {
                "see that the place can be reached and written to and has room, then run the same command again: it begins anew"
            }
            Self::Scratch { .. } => "make the state folder writable",
        };
        Some(hint.to_owned())
    }
}
