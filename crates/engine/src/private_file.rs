//! Files for programs that are not us, which nobody else may read.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use daybreak_model::Endpoint;

use crate::{EngineError, ErrorKind};

/// Writes one into a folder.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn private_file(
    endpoint: &Endpoint,
    folder: &Path,
    name: &str,
    text: &str,
) -> Result<PathBuf, EngineError> {
    let path = folder.join(name);
    let write = || {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|error| EngineError {
        server: endpoint.to_string(),
        what: format!(
            "failed to write `{}`, by which a program logs in: {error}",
            path.display()
        ),
        kind: ErrorKind::Other,
        code: None,
        hint: Some("make the state folder writable".to_owned()),
        source: None,
    })?;
    Ok(path)
}
