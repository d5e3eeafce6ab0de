//! The shared memory that a killed PostgreSQL server leaves behind.

use std::fs;
use std::path::Path;

use crate::program::run;

/// Frees the segment that the lock file of a data directory names, if the server did not get to do so itself.
///
/// The seventh line of `postmaster.pid` holds the segment's key and id (PostgreSQL manual, "Database File Layout").
pub(crate) fn release_shared_memory(data: &Path) {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
        return;
    };
    let segment = text
        .lines()
        .nth(6)
        .and_then(|line| line.split_whitespace().nth(1));
    if let Some(id) = segment.filter(|id| id.bytes().all(|b| b.is_ascii_digit())) {
        let _ = run(std::process::Command::new("ipcrm").args(["--shmem-id", id]));
    }
}
