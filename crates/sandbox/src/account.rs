//! The operating system account that servers run as, and how a server's process is tied to ours.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::SandboxError;
use crate::failure::at;

/// `nobody` on every Linux: PostgreSQL refuses to run as root, so nothing of ours does.
pub(crate) const UNPRIVILEGED: u32 = 65534;

/// The signal by which a server ends without delay and without leaving anything outside its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FastEnd {
    /// MySQL and MariaDB keep nothing outside their data directory.
    Kill,
    /// PostgreSQL holds a shared memory segment that only its own "immediate shutdown" removes.
    Quit,
}

/// Whether this program runs as root.
pub(crate) fn running_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command that runs `program` as the servers' account.
pub(crate) fn unprivileged(program: impl AsRef<OsStr>) -> Command {
    wrapped(program.as_ref(), &[])
}

/// A command that runs `program` as the servers' account and that the kernel ends when the thread that starts it is gone,
/// so that nothing survives a `kill -9` of this program.
pub(crate) fn tied(program: impl AsRef<OsStr>, end: FastEnd) -> Command {
    let signal = match end {
        FastEnd::Kill => "KILL",
        FastEnd::Quit => "QUIT",
    };
    wrapped(program.as_ref(), &["--pdeathsig", signal])
}

/// As [`tied`], as our own account: a program that is no server of databases refuses nobody, and may be installed for us alone.
pub(crate) fn tied_as_ourselves(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program.as_ref());
    command
}

fn wrapped(program: &OsStr, options: &[&str]) -> Command {
    let root = running_as_root();
    if !root && options.is_empty() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    if root {
        let id = UNPRIVILEGED.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
    }
    command.args(options).arg("--").arg(program);
    command
}

/// Gives one file or folder to the servers' account, if that is not ours.
pub(crate) fn give(path: &Path) -> Result<(), SandboxError> {
    if running_as_root() {
        std::os::unix::fs::chown(path, Some(UNPRIVILEGED), Some(UNPRIVILEGED))
            .map_err(at("change the owner of", path))?;
    }
    Ok(())
}

/// Gives a folder and all that is in it to the servers' account, if that is not ours.
pub(crate) fn give_all(folder: &Path) -> Result<(), SandboxError> {
    if running_as_root() {
        crate::program::run(
            Command::new("chown")
                .arg("-R")
                .arg(format!("{UNPRIVILEGED}:{UNPRIVILEGED}"))
                .arg(folder),
        )?;
    }
    Ok(())
}
