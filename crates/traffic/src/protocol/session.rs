//! One connection as its bytes describe it, whichever protocol they are in.

use serde::{Deserialize, Serialize};

use super::activity::{Activity, Take};
use super::mysql::MySql;
use super::postgres::{self, Postgres};

/// The protocol a gate carries. Both sides of one gate speak the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// MySQL and MariaDB.
    MySql,
    /// PostgreSQL.
    Postgres,
}

/// Follows the bytes of one connection, in both directions, however they are split.
///
/// Bounded: it keeps a few hundred bytes and one small entry per pipelined command. Bytes that make no sense
/// make the connection opaque for good; nothing panics.
#[derive(Debug)]
pub(crate) enum Session {
    MySql(Box<MySql>),
    Postgres(Box<Postgres>),
}

impl Session {
    pub(crate) fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::MySql => Self::MySql(Box::default()),
            Protocol::Postgres => Self::Postgres(Box::default()),
        }
    }

    /// Takes bytes on their way from the client to the server and returns how many were taken: all of them,
    /// or with [`Take::OneCommand`] those up to the end of the first command.
    pub(crate) fn client_sent(&mut self, bytes: &[u8], take: Take) -> usize {
        match self {
            Self::MySql(session) => session.client_sent(bytes, take),
            Self::Postgres(session) => session.client_sent(bytes, take),
        }
    }

    /// Takes bytes on their way from the server to the client.
    pub(crate) fn server_sent(&mut self, bytes: &[u8]) {
        match self {
            Self::MySql(session) => session.server_sent(bytes),
            Self::Postgres(session) => session.server_sent(bytes),
        }
    }

    pub(crate) fn activity(&self) -> Activity {
        match self {
            Self::MySql(session) => session.activity(),
            Self::Postgres(session) => session.activity(),
        }
    }

    /// Whether a busy connection needs more from its client before it can become idle: the rest of a command,
    /// of a file, or the end of its transaction. False while the server owes an answer.
    pub(crate) fn wants_client(&self) -> bool {
        match self {
            Self::MySql(session) => session.wants_client(),
            Self::Postgres(session) => session.wants_client(),
        }
    }

    /// The message that tells the client why its connection ends, where the protocol has one that may be sent
    /// at this point.
    pub(crate) fn farewell(&self, why: &str) -> Option<Vec<u8>> {
        match self {
            // A MySQL client that is not waiting for an answer expects no packet; it reads the end of the stream.
            Self::MySql(_) => None,
            Self::Postgres(session) => session
                .may_hear_error()
                .then(|| postgres::error_response(postgres::ADMIN_SHUTDOWN, why)),
        }
    }
}

impl Protocol {
    /// The message that refuses a client that has not heard from any server yet.
    pub(crate) fn refusal(self, why: &str) -> Vec<u8> {
        match self {
            Self::MySql => super::mysql::refusal(why),
            Self::Postgres => postgres::error_response(postgres::CANNOT_CONNECT_NOW, why),
        }
    }
}
