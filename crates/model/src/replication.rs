use serde::{Deserialize, Serialize};

use crate::{Part, Position, Secret};

/// The account and manner in which one server replicates from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// Replication account, made by us on the server replicated from.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// Whether the link itself is encrypted.
    pub tls: bool,
    /// A file of authorities on the source's own host, by which it verifies the target when it follows it; without one the link is
    /// encrypted and not verified.
    pub ca_on_source: Option<String>,
    /// The same on the target's host, by which it verifies the source. A managed MySQL has no such file.
    pub ca_on_target: Option<String>,
    /// MySQL family: by GTID (auto-position) rather than file and offset.
    pub gtid: bool,
    /// PostgreSQL: names of publication, slot and subscription are derived from this; lower-case letters, digits, `_`.
    pub name: String,
    /// Where a part of the source moves alone: that part.
    pub part: Option<Part>,
    /// Whether it leads from the target to the source.
    pub back: bool,
}

impl LinkSettings {
    /// What the name of a link begins with by which a part of a server moves. It ties nothing to the estate: what has moved alone
    /// is none of its replicas.
    pub const OF_A_PART: &str = "daybreak_part_";

    /// The account by which a part's follower reads, unless the plan names another. Who reads by one that is called so follows a part
    /// alone, and is none of the estate.
    pub const PART_USER: &str = "daybreak_part";

    /// The name of a migration's link.
    #[must_use]
    pub fn named(migration: &str, part: Option<&Part>) -> String {
        match part {
            Some(part) => format!("{}{}", Self::OF_A_PART, part.name),
            None => format!("daybreak_{migration}"),
        }
    }

    /// The same towards the source.
    #[must_use]
    pub fn towards_source(&self) -> Self {
        Self {
            back: true,
            ..self.clone()
        }
    }

    /// The file on the follower's host by which it verifies its leader, where the link is encrypted.
    #[must_use]
    pub fn ca_on_follower(&self) -> Option<&str> {
        let file = if self.back {
            &self.ca_on_source
        } else {
            &self.ca_on_target
        };
        file.as_deref().filter(|_| self.tls)
    }

    /// The tables that the follower takes; `None` where it takes all.
    #[must_use]
    pub const fn taken(&self) -> Option<&Part> {
        match (&self.part, self.back) {
            (Some(part), false) => Some(part),
            _ => None,
        }
    }

    /// MySQL: the replication channel. A source whose parts have moved to several targets follows each by a channel of its own;
    /// every other follower has the one without a name.
    #[must_use]
    pub fn channel(&self) -> &str {
        if self.back && self.part.is_some() {
            &self.name
        } else {
            ""
        }
    }
}

/// How much of the change stream is not applied yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// GTID: transactions not yet executed.
    Transactions(u64),
    /// File positions and write-ahead log: bytes not yet executed.
    Bytes(u64),
    /// Not known, for instance because positions lie in different binary log files.
    Unknown,
}

/// A replication error the operator must know about, classified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationFault {
    /// The server's own code: MySQL error number, or PostgreSQL SQLSTATE or condition name.
    pub code: String,
    /// The server's own message.
    pub message: String,
    /// What it means here.
    pub meaning: String,
    /// What to do about it.
    pub hint: String,
}

/// What replication in one direction is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicationStatus {
    /// Whether a link is configured at all.
    pub configured: bool,
    /// Whether changes are being fetched.
    pub receiving: bool,
    /// Whether changes are being applied.
    pub applying: bool,
    /// Seconds between a change on one side and its arrival on the other; absent when nothing is running.
    pub lag_seconds: Option<f64>,
    /// What is not applied yet.
    pub behind: Behind,
    /// How far the receiving side has applied the sending side's stream.
    pub applied: Option<Position>,
    /// The error that stopped it, if any.
    pub fault: Option<ReplicationFault>,
}

impl ReplicationStatus {
    /// Whether changes flow: fetched, applied, no error.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.configured && self.receiving && self.applying && self.fault.is_none()
    }
}
