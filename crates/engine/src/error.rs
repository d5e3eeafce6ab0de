/// What kind of trouble it is: decides whether trying again can help and what the operator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing answers at the address.
    Unreachable,
    /// The account or its password is refused.
    Authentication,
    /// The server or the client insists on TLS and the other side has none, or the certificate is not trusted.
    Tls,
    /// The account lacks a privilege.
    Privilege,
    /// The server refuses writes.
    ReadOnly,
    /// An established connection broke.
    ConnectionLost,
    /// A lock was not obtained in time, or a deadlock was broken by ending our transaction.
    Lock,
    /// The server has no room left.
    DiskFull,
    /// A table is not what it was when the snapshot was taken.
    SchemaChanged,
    /// A row or object is already there.
    Duplicate,
    /// The server stopped the statement: time limit, kill, shutdown.
    Interrupted,
    /// The server of this flavor cannot do what is asked.
    Unsupported,
    /// Anything else: the server's message says it.
    Other,
}

/// What went wrong, on which server, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what} on {server}")]
pub struct EngineError {
    /// Label and address of the server.
    pub server: String,
    /// What failed: "failed to …", naming the object.
    pub what: String,
    /// Kind of trouble.
    pub kind: ErrorKind,
    /// The server's own error code: MySQL number or SQLSTATE, where it gave one.
    pub code: Option<String>,
    /// What to do, where the kind alone does not say it.
    pub hint: Option<String>,
    /// The driver's error. Drivers do not repeat passwords.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl EngineError {
    /// Whether the same thing may succeed when tried again, without anybody doing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Unreachable | ErrorKind::ConnectionLost | ErrorKind::Lock | ErrorKind::Interrupted => {
                true
            }
            ErrorKind::Authentication
            | ErrorKind::Tls
            | ErrorKind::Privilege
            | ErrorKind::ReadOnly
            | ErrorKind::DiskFull
            | ErrorKind::SchemaChanged
            | ErrorKind::Duplicate
            | ErrorKind::Unsupported
            | ErrorKind::Other => false,
        }
    }

    /// The error with its causes, on one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            if !words.contains(&more) {
                words = format!("{words}: {more}");
            }
            cause = error.source();
        }
        words
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        if self.hint.is_some() {
            return self.hint.as_deref();
        }
        match self.kind {
            ErrorKind::Unreachable => {
                Some("check host, port, firewall or security group, and that the server runs")
            }
            ErrorKind::Authentication => {
                Some("check the account, its host pattern and the secret the plan names for it")
            }
            // Amazon's servers are named so (RDS User Guide), and no system trusts their authorities by itself.
            ErrorKind::Tls if self.server.contains(".rds.amazonaws.com") => Some(
                "Amazon's authorities may be missing on this machine, or be too old: `daybreak certificates` tells, and \
                 `daybreak certificates fetch` brings them",
            ),
            ErrorKind::Tls => Some(
                "set `tls` for this server: `verify` (with `ca = FILE` for a private authority), `require` or `off`",
            ),
            ErrorKind::Privilege => {
                Some("grant the privilege to the account, or name another account in the plan")
            }
            ErrorKind::ReadOnly => {
                Some("this may be a replica or a reader endpoint: name the primary or the writer endpoint")
            }
            ErrorKind::ConnectionLost => {
                Some("check the network and the server's log, then run the same command again")
            }
            ErrorKind::Lock => {
                Some("another session holds the lock: look at the server's sessions, then try again")
            }
            ErrorKind::DiskFull => {
                Some("make room on the server, then run the same command again: it goes on where it stopped")
            }
            ErrorKind::SchemaChanged => Some(
                "hold back schema changes until the migration has ended, then run the same command again",
            ),
            ErrorKind::Duplicate | ErrorKind::Interrupted | ErrorKind::Unsupported | ErrorKind::Other => None,
        }
    }
}
