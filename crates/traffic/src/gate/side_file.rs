//! The side that the gate points at, remembered for a gate that starts again.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::side::Side;

#[derive(Serialize, Deserialize)]
struct Remembered {
    side: Side,
}

/// The side that a gate pointed at last, by the file that it keeps; none if there is no file yet.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn remembered_side(path: &Path) -> io::Result<Option<Side>> {
    match fs::read(path) {
        Ok(bytes) => {
            let remembered: Remembered = serde_json::from_slice(&bytes)?;
            Ok(Some(remembered.side))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remembers a side. Whole or not at all; not synced to disk, because after a power failure the servers are
/// asked first, and this is on the way of a cut-over.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write(path: &Path, side: Side) -> io::Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, serde_json::to_vec(&Remembered { side })?)?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_last_side() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.side");
        assert_eq!(remembered_side(&path).unwrap(), None);
        write(&path, Side::Target).unwrap();
        assert_eq!(remembered_side(&path).unwrap(), Some(Side::Target));
        write(&path, Side::Source).unwrap();
        assert_eq!(remembered_side(&path).unwrap(), Some(Side::Source));
    }

    #[test]
    fn a_torn_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.side");
        std::fs::write(&path, "{\"si").unwrap();
        assert!(remembered_side(&path).is_err());
    }
}
