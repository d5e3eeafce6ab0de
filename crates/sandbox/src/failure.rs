//! What can go wrong in the sandbox.

use std::path::PathBuf;
use std::time::Duration;

/// Why the sandbox could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A kind of server cannot be had on this machine. Tests turn this into a loud skip.
    #[error("no {what} on this machine: {why}")]
    Unavailable {
        /// The kind of server, such as `MySQL 5.6`.
        what: String,
        /// Every way that was tried and why it failed.
        why: String,
        /// What to do about it.
        hint: String,
    },
    /// A file or folder could not be read or written.
    #[error("failed to {action} {path}")]
    File {
        /// What was tried, in the infinitive.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A program that the sandbox needs failed.
    #[error("{program} failed: {outcome}")]
    Program {
        /// The program's name.
        program: String,
        /// Its exit status and the end of what it said.
        outcome: String,
    },
    /// A server did not come up, or died.
    #[error("server {server} {what}; the end of its log:\n{log}")]
    Server {
        /// The server's name.
        server: String,
        /// What happened to it.
        what: String,
        /// The last lines of its log.
        log: String,
    },
    /// A server was waited for in vain.
    #[error("waited {waited:?} in vain until {condition}")]
    Deadline {
        /// The condition that was not met.
        condition: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A server refused a statement or a connection.
    #[error("server {server} refused `{statement}`: {answer}")]
    Refused {
        /// The server's name.
        server: String,
        /// The statement, or `connect`. Passwords are cut out.
        statement: String,
        /// The server's error number or SQLSTATE, where it gave one.
        code: Option<String>,
        /// The server's message.
        answer: String,
    },
    /// The caller asked for something that the sandbox, or Aurora, does not do.
    #[error("{0}")]
    NotPossible(String),
}

impl SandboxError {
    /// What the reader can do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unavailable { hint, .. } => Some(hint),
            Self::File { .. } => Some("set DAYBREAK_CACHE to a folder that this account can write"),
            _ => None,
        }
    }

    /// The server's own error number (MySQL) or SQLSTATE (PostgreSQL), if a server refused something.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => code.as_deref(),
            _ => None,
        }
    }
}

/// Names the file and the action of an operating system error.
pub(crate) fn at(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(std::io::Error) -> SandboxError {
    let path = path.into();
    move |source| SandboxError::File { action, path, source }
}
