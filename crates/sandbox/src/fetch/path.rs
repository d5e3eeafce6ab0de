//! Servers that are already on `PATH`.

use std::path::PathBuf;
use std::process::Command;

use super::binaries::Binaries;
use crate::SandboxError;
use crate::kind::ServerKind;
use crate::program::run;

/// Finds a kind of server on `PATH`, by its program's name and the version it says it is.
pub(super) fn find(kind: ServerKind) -> Result<Binaries, SandboxError> {
    let (program, version) = match kind {
        ServerKind::Mysql97 => ("mysqld", "Ver 9.7".to_owned()),
        ServerKind::Mysql56 => ("mysqld", "Ver 5.6".to_owned()),
        ServerKind::MariaDb1011 => ("mariadbd", "Ver 10.11".to_owned()),
        ServerKind::Postgres(major) => ("postgres", format!("(PostgreSQL) {major}.")),
    };
    let folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut seen = Vec::new();
    for folder in &folders {
        let candidate = folder.join(program);
        if !candidate.exists() {
            continue;
        }
        // PostgreSQL's programs lie together behind the link that PATH knows.
        let candidate = candidate.canonicalize().unwrap_or(candidate);
        let said = run(Command::new(&candidate).arg("--version"))?;
        if said.contains(&version) {
            let home = candidate.parent().map(PathBuf::from).into_iter();
            return Ok(Binaries::found(
                kind,
                home.chain(folders.iter().cloned()).collect(),
            ));
        }
        seen.push(said.trim().to_owned());
    }
    Err(SandboxError::Unavailable {
        what: kind.to_string(),
        why: format!(
            "no {program} on PATH says `{version}`; found: [{}]",
            seen.join(", ")
        ),
        hint: "add its folder to PATH, or unset DAYBREAK_SERVERS to have it fetched".into(),
    })
}
