//! Where servers come from and where they are kept: `DAYBREAK_SERVERS` and `DAYBREAK_CACHE`, each in a program of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use daybreak_sandbox::{Sandbox, ServerKind, available};

const INSIDE: &str = "DAYBREAK_TEST_INSIDE";
const MARK: &str = "it says: ";

/// Not a test: what the tests below start as a program of its own, with an environment of its own.
#[tokio::test]
async fn a_server_of_this_environment() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    match Sandbox::open().unwrap().postgres(15).start().await {
        Ok(server) => {
            let version = server.value("SHOW server_version").await.unwrap().unwrap();
            println!("{MARK}{version} {}", server.data_dir().display());
        }
        Err(error) => println!("{MARK}{error} | {}", error.hint().unwrap_or_default()),
    }
}

/// What the program above says where servers are taken from `path` and kept in `cache`.
fn inside(path: &str, cache: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_of_this_environment", "--nocapture"])
        .env(INSIDE, "1")
        .env("DAYBREAK_SERVERS", "path")
        .env("DAYBREAK_CACHE", cache)
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines()
        .find_map(|line| line.split_once(MARK))
        .map(|(_, rest)| rest.to_owned())
        .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The folder of a version's programs; `None` where it cannot be had.
async fn programs(major: u8) -> Option<PathBuf> {
    let sandbox = Sandbox::open().unwrap();
    let program = available(sandbox.program(ServerKind::Postgres(major), "postgres").await)?;
    Some(program.parent().unwrap().to_owned())
}

/// A folder that the servers' account can enter, too.
fn cache() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), all).unwrap();
    folder
}

fn kept_in(cache: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(cache).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn servers_are_taken_from_path_and_kept_where_the_environment_says() {
    let (Some(programs), cache) = (programs(15).await, cache()) else {
        return;
    };
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let said = inside(&path, cache.path());
    let (version, data) = said.split_once(" /").unwrap_or_else(|| panic!("{said}"));
    assert!(version.starts_with("15."), "{said}");
    let data = Path::new("/").join(data);
    assert!(data.starts_with(cache.path().canonicalize().unwrap()), "{said}");
    assert!(!data.exists(), "it went with its program");
    let kept = kept_in(cache.path());
    assert!(
        kept.iter()
            .any(|name| name.starts_with("postgresql-15-on-path-data-")),
        "{kept:?}"
    );
    assert!(
        !kept.contains(&"postgresql-15".to_owned()),
        "nothing was fetched: {kept:?}"
    );
}

#[tokio::test]
async fn a_path_without_that_server_is_an_error_that_names_what_it_has() {
    let (Some(other), cache) = (programs(17).await, cache()) else {
        return;
    };
    for (path, found) in [
        ("/nowhere".to_owned(), "found: []"),
        (other.display().to_string(), "(PostgreSQL) 17."),
    ] {
        let said = inside(&path, cache.path());
        assert!(
            said.contains("no PostgreSQL 15 on this machine") && said.contains(found),
            "{said}"
        );
        assert!(said.contains("unset DAYBREAK_SERVERS"), "{said}");
    }
    let kept = kept_in(cache.path());
    assert!(
        kept.iter().all(|name| !name.starts_with("postgresql")),
        "nothing was fetched instead: {kept:?}"
    );
}
