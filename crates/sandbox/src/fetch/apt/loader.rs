//! Starting programs with the libraries they were built for, whatever the machine's own are.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::binaries::is_elf;
use crate::SandboxError;
use crate::failure::at;

/// Puts a script in the place of every program in these folders, that starts it through the loader and the libraries of its own packages.
///
/// The program keeps its name as its first argument: PostgreSQL finds its other programs and its support files by it.
pub(super) fn wrap_programs(folders: &[String], staging: &Path, home: &Path) -> Result<(), SandboxError> {
    let loader = find_loader(staging)?;
    let libraries = loader.parent().expect("the loader lies in a folder");
    let triplet = libraries
        .file_name()
        .expect("the folder has a name")
        .to_string_lossy()
        .into_owned();
    let path = [format!("lib/{triplet}"), format!("usr/lib/{triplet}")]
        .map(|folder| home.join(folder).display().to_string())
        .join(":");
    let loader = home.join(loader.strip_prefix(staging).expect("it was found there"));
    for folder in folders {
        let folder = staging.join(folder);
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let program = entry.path();
            if !is_elf(&program) || program.is_symlink() {
                continue;
            }
            let hidden = PathBuf::from(format!("{}.elf", program.display()));
            fs::rename(&program, &hidden).map_err(at("move", &program))?;
            let started = home.join(hidden.strip_prefix(staging).expect("it lies there"));
            let script = format!(
                "#!/bin/sh\nexec '{}' --library-path '{path}' --argv0 \"$0\" '{}' \"$@\"\n",
                loader.display(),
                started.display()
            );
            fs::write(&program, script).map_err(at("write", &program))?;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
                .map_err(at("make executable", &program))?;
        }
    }
    Ok(())
}

/// The dynamic loader, `[usr/]lib/TRIPLET/ld-linux-*.so.*`.
fn find_loader(root: &Path) -> Result<PathBuf, SandboxError> {
    for base in ["usr/lib", "lib"] {
        for triplet in fs::read_dir(root.join(base)).into_iter().flatten().flatten() {
            for file in fs::read_dir(triplet.path()).into_iter().flatten().flatten() {
                if file.file_name().to_string_lossy().starts_with("ld-linux-") {
                    return Ok(file.path());
                }
            }
        }
    }
    Err(SandboxError::NotPossible(
        "the packages hold no dynamic loader".into(),
    ))
}
