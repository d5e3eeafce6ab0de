//! Files that nobody but their owner may read: keys and values of rows, accounts and addresses stand in them.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes a file, in place of what is there. One that exists keeps the mode that its owner gave it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), std::io::Error> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes.as_ref())
}
