//! A server that sees another time: started with `libfaketime` in front of the C library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library, and how many seconds the time it shows goes before ours.
#[derive(Debug, Clone)]
pub(crate) struct OtherClock {
    pub(crate) library: PathBuf,
    pub(crate) seconds: i64,
}

impl OtherClock {
    /// The same command, with the program behind its `--` seeing this clock. What comes before changes the account and must
    /// not: the library keeps a piece of shared memory, which only the account that made it may open.
    pub(crate) fn show(&self, command: &Command) -> Command {
        let arguments: Vec<OsString> = command.get_args().map(OsString::from).collect();
        let mark = arguments.iter().position(|argument| argument == "--");
        let (before, program) = arguments.split_at(mark.map_or(0, |mark| mark + 1));
        let mut shown = Command::new(command.get_program());
        shown
            .args(before)
            .arg("env")
            .arg(format!("LD_PRELOAD={}", self.library.display()))
            .arg(format!("FAKETIME={:+}s", self.seconds))
            // What it waits by goes on as it does.
            .arg("FAKETIME_DONT_FAKE_MONOTONIC=1")
            .args(program);
        shown
    }
}

/// Removes what the library leaves in shared memory when its process is killed.
pub(crate) fn forget(pid: u32) {
    for name in [format!("faketime_shm_{pid}"), format!("sem.faketime_sem_{pid}")] {
        let _ = std::fs::remove_file(Path::new("/dev/shm").join(name));
    }
}
