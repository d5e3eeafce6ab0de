//! Fresh data directories of PostgreSQL, and copies that become standbys.

use std::fs;
use std::path::Path;

use crate::SandboxError;
use crate::account::{give, unprivileged};
use crate::failure::at;
use crate::fetch::Binaries;
use crate::program::run;

/// Fills the empty folder `data`. The only account is `superuser`, without a password.
pub(crate) fn initialise(binaries: &Binaries, superuser: &str, data: &Path) -> Result<(), SandboxError> {
    let mut command = unprivileged(binaries.program("initdb")?);
    command
        .args([
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--auth-local=trust",
            "--auth-host=reject",
        ])
        .arg(format!("--username={superuser}"))
        .arg("-D")
        .arg(data)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(data.parent().expect("a data directory lies in a folder"));
    run(&mut command).map(drop)
}

/// Makes a copied data directory that of a standby.
pub(crate) fn make_standby(data: &Path) -> Result<(), SandboxError> {
    let signal = data.join("standby.signal");
    fs::write(&signal, "").map_err(at("write", &signal))?;
    give(&signal)
}
