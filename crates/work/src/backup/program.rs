//! The backup program: which version it is, and running it so that no password is seen in a list of processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use daybreak_engine::{DataFiles, backup_login};
use daybreak_model::{Endpoint, Version};
use tokio::process::{Child, Command};

use super::BackupError;
use crate::other_program::{heard, listen};

/// What it says last when all went well.
const DONE: &str = "completed OK!";

/// XtraBackup or mariadb-backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupProgram {
    /// Where it is, or its name on `PATH`.
    pub path: PathBuf,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// Files read at once.
    pub parallel: usize,
}

impl BackupProgram {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Which version it is: of XtraBackup its own, of mariadb-backup the server's.
    ///
    /// # Errors
    /// When it cannot be run, or does not say.
    pub async fn version(&self) -> Result<Version, BackupError> {
        let ran = Command::new(&self.path)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .await;
        let output = ran.map_err(|source| self.cannot_run(source))?;
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        version(&said).ok_or_else(|| BackupError::NoVersion {
            program: self.path.clone(),
            said: said.lines().last().unwrap_or_default().trim().to_owned(),
        })
    }

    fn cannot_run(&self, source: std::io::Error) -> BackupError {
        BackupError::NoProgram {
            program: self.path.clone(),
            source,
        }
    }

    /// What it is called with: everything but how it logs in.
    #[must_use]
    pub fn command_line(&self, files: &DataFiles) -> Vec<String> {
        let mut line = vec![
            "--backup".to_owned(),
            "--stream=xbstream".to_owned(),
            format!("--parallel={}", self.parallel),
            format!("--datadir={}", files.directory.display()),
        ];
        line.extend(self.arguments.iter().cloned());
        line
    }

    /// Starts it in a folder of its own.
    pub(super) fn start(
        &self,
        server: &Endpoint,
        files: &DataFiles,
        scratch: &Path,
    ) -> Result<Running, BackupError> {
        let login = backup_login(server, files, scratch)?;
        let mut child = Command::new(&self.path)
            // It must come first.
            .args(&login.arguments)
            .args(self.command_line(files))
            .arg(format!("--target-dir={}", scratch.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.cannot_run(source))?;
        let words = listen(child.stderr.take());
        Ok(Running {
            name: self.name(),
            child,
            words,
        })
    }
}

/// The program at work.
pub(super) struct Running {
    name: String,
    pub(super) child: Child,
    words: Option<tokio::task::JoinHandle<String>>,
}

impl Running {
    /// Sees it end as it should.
    ///
    /// # Errors
    /// With its last words, when it did not.
    pub(super) async fn end(mut self) -> Result<(), BackupError> {
        let failed = |status: String, said: String| BackupError::Failed {
            program: self.name.clone(),
            status,
            said,
        };
        let status = match self.child.wait().await {
            Ok(status) => status,
            Err(error) => return Err(failed(error.to_string(), String::new())),
        };
        let words = heard(self.words).await;
        if status.success() && words.contains(DONE) {
            return Ok(());
        }
        Err(failed(status.to_string(), trouble(&words)))
    }
}

/// What of its last words tells why it failed: the lines that say so, or the last.
fn trouble(words: &str) -> String {
    let said: Vec<&str> = words
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let telling = said.iter().filter(|line| {
        let line = line.to_lowercase();
        line.contains("error") || line.contains("failed") || line.contains("denied")
    });
    let mut telling: Vec<&str> = telling.copied().collect();
    if telling.is_empty() {
        telling = said.into_iter().rev().take(1).collect();
    }
    let from = telling.len().saturating_sub(3);
    telling[from..].join("; ")
}

/// `xtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux …`, `mariadb-backup based on MariaDB server 10.11.14-MariaDB …`.
fn version(said: &str) -> Option<Version> {
    let after = ["xtrabackup version ", "based on MariaDB server "];
    let rest = after
        .iter()
        .find_map(|words| said.split_once(words).map(|(_, rest)| rest))?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use daybreak_model::Version;

    use super::{trouble, version};

    #[test]
    fn versions_are_read() {
        let old =
            "xtrabackup version 2.4.29 based on MySQL server 5.7.44 Linux (x86_64) (revision id: 2e6c0951)";
        assert_eq!(version(old), Some(Version::new(2, 4, 29)));
        let new = "2024-05-03T10:00:00 0 [Note] recognized server arguments: --datadir=/d\nxtrabackup version 8.0.35-30 based on MySQL server 8.0.35 Linux";
        assert_eq!(version(new), Some(Version::new(8, 0, 35)));
        let maria = "mariadb-backup based on MariaDB server 10.11.14-MariaDB debian-linux-gnu (x86_64)";
        assert_eq!(version(maria), Some(Version::new(10, 11, 14)));
        assert_eq!(version("GNU tar 1.34"), None);
    }

    #[test]
    fn of_many_words_those_are_told_that_say_why() {
        let words = "[00] 2026 Connecting\n[00] 2026 Failed to connect to MySQL server as x: Access denied for user 'x'.\n";
        assert!(trouble(words).contains("Access denied"), "{}", trouble(words));
        assert_eq!(trouble("one\ntwo\n"), "two");
        assert_eq!(trouble(""), "");
    }
}
