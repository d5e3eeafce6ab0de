use daybreak_engine::EngineError;

use crate::{DepotError, LoadError};

/// Why a dump was not made, or not loaded.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What a load from the server itself would be refused for, too.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The directory or bucket said no.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// It holds something that is not a dump.
    #[error("{place} is not empty: it holds {found}, and no dump")]
    NotEmpty {
        /// The directory or bucket.
        place: String,
        /// A name in it.
        found: String,
    },
    /// It holds another dump.
    #[error("{place} holds a dump {of}")]
    Another {
        /// The directory or bucket.
        place: String,
        /// What of, in words.
        of: String,
    },
    /// It holds no dump that is whole.
    #[error("{place} holds no whole dump: {why}")]
    NotWhole {
        /// The directory or bucket.
        place: String,
        /// What is missing.
        why: String,
    },
    /// A file is not what the manifest says.
    #[error("{name} in {place} is damaged: {trouble}")]
    Damaged {
        /// The file.
        name: String,
        /// The directory or bucket.
        place: String,
        /// In words.
        trouble: String,
    },
    /// It cannot be cut as AWS demands.
    #[error("{0}")]
    TooLarge(String),
    /// What was read of a range is not what the server counted in it.
    #[error("{read} rows of a range of {table} were read, and {counted} are in it")]
    Miscounted {
        /// The table.
        table: String,
        /// Rows read.
        read: u64,
        /// Rows that the digest is of.
        counted: u64,
    },
}

impl DumpError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Engine(error) => return error.hint().map(str::to_owned),
            Self::Load(error) => return error.hint(),
            Self::Depot(error) => error.hint(),
            Self::NotEmpty { .. } => "name a directory or prefix that is empty or not there yet",
            Self::Another { .. } => {
                "name another directory or prefix, remove that dump, or bring it up to date (`load --only dump --again`), if it is of this plan"
            }
            Self::NotWhole { .. } => {
                "run the dump again: what is there of it is kept where it still is as the source has it"
            }
            Self::Damaged { .. } => "restore it from a copy, or remove the dump and make it again",
            Self::TooLarge(_) => "leave such tables to `--method direct`, or dump fewer schemas at once",
            Self::Miscounted { .. } => "nothing of it was kept; run the same command again, and tell us",
        };
        Some(hint.to_owned())
    }
}
