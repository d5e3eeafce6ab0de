use std::io;

use daybreak_engine::EngineError;

use crate::LoadError;

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
    #[error("failed to {what} in {place}")]
    Store {
        /// Such as "write manifest.json".
        what: String,
        /// The directory or bucket.
        place: String,
        /// Its own error.
        #[source]
        source: object_store::Error,
    },
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
            Self::Store { source, .. } => return Some(of_store(source).to_owned()),
            Self::NotEmpty { .. } => "name a directory or prefix that is empty or not there yet",
            Self::Another { .. } => "name another directory or prefix, or remove that dump",
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

/// What to do about a store's error, from its kind.
fn of_store(error: &object_store::Error) -> &'static str {
    if is_full(error) {
        return "make room there, then run the same command again: files that are complete are kept";
    }
    match error {
        _ if error.to_string().contains("NoSuchBucket") => {
            "see that the bucket is there, in this region, and named right"
        }
        object_store::Error::NotFound { .. } => "see that the bucket or directory is there and named right",
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            "let this account read, write and list there (S3: s3:GetObject, s3:PutObject, s3:ListBucket, s3:AbortMultipartUpload; \
             credentials as AWS's own tools find them)"
        }
        _ => {
            "see that it can be reached and written to, then run the same command again: files that are complete are kept"
        }
    }
}

/// Whether the disk has no more room.
fn is_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let full = error.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        });
        if full {
            return true;
        }
        cause = error.source();
    }
    false
}
