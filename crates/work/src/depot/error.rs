use std::io;

/// What a directory or bucket refused.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// It said no.
    #[error("failed to {what} in {place}")]
    Refused {
        /// Such as "write manifest.json".
        what: String,
        /// The directory or bucket.
        place: String,
        /// Its own error.
        #[source]
        source: object_store::Error,
    },
    /// A small file of ours is none.
    #[error("{name} in {place} cannot be read: {trouble}")]
    Unreadable {
        /// The file.
        name: String,
        /// The directory or bucket.
        place: String,
        /// In words.
        trouble: String,
    },
}

impl DepotError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { source, .. } => of_store(source),
            Self::Unreadable { .. } => "restore it from a copy, or remove what is there and make it again",
        }
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
