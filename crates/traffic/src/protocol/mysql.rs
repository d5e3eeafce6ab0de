//! A MySQL or MariaDB connection, followed from its greeting on.
//!
//! Facts from the MySQL source documentation ("Client/Server Protocol") and MariaDB's ("Client/Server
//! Protocol"): whether a transaction is open stands in the status flags of the packet that ends an answer.
//! An error carries no flags: the state is then as before, except after a deadlock, which rolls back.
//! Session state that the flags do not show (temporary tables, `LOCK TABLES`, `GET_LOCK`) is not seen.

use std::collections::VecDeque;

use super::activity::{Activity, Take};
use super::mysql_packets::{Packets, four_bytes, two_bytes};
use super::mysql_reply::{Dialect, Reply, Shape, Step};

const CLIENT_MYSQL: u32 = 1;
const CLIENT_COMPRESS: u32 = 1 << 5;
const CLIENT_PROTOCOL_41: u32 = 1 << 9;
const CLIENT_SSL: u32 = 1 << 11;
const CLIENT_DEPRECATE_EOF: u32 = 1 << 24;
const CLIENT_OPTIONAL_RESULTSET_METADATA: u32 = 1 << 25;
const CLIENT_ZSTD_COMPRESSION: u32 = 1 << 26;
const MARIADB_CLIENT_CACHE_METADATA: u32 = 1 << 4;

/// What changes the stream in a way that is not followed.
const UNREADABLE: u32 =
    CLIENT_SSL | CLIENT_COMPRESS | CLIENT_ZSTD_COMPRESSION | CLIENT_OPTIONAL_RESULTSET_METADATA;

/// More unanswered commands than any client sends; beyond, the connection is not followed any more.
const MOST_PIPELINED: usize = 65_536;

/// ER_SERVER_SHUTDOWN: clients and pools take it as a reason to connect again.
const SERVER_SHUTDOWN: u16 = 1053;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The server speaks first.
    #[default]
    Greeting,
    /// The client's answer to the greeting.
    Login,
    /// Whatever the authentication method needs, until the server says OK.
    Authentication,
    Commands,
    Opaque,
}

/// See [`super::Session`].
#[derive(Debug, Default)]
pub(crate) struct MySql {
    phase: Phase,
    client: Packets,
    server: Packets,
    offered: u32,
    offered_mariadb: u32,
    dialect: Dialect,
    unanswered: VecDeque<Shape>,
    reply: Reply,
    sending_file: bool,
    changing_user: bool,
    in_transaction: bool,
}

impl MySql {
    pub(super) fn client_sent(&mut self, bytes: &[u8], take: Take) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            if self.phase == Phase::Opaque {
                return bytes.len();
            }
            let (taken, complete) = self.client.feed(&bytes[at..]);
            at += taken;
            if complete {
                self.client_packet();
                if take == Take::OneCommand && self.phase != Phase::Opaque {
                    return at;
                }
            }
        }
        at
    }

    pub(super) fn server_sent(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() && self.phase != Phase::Opaque {
            let (taken, complete) = self.server.feed(&bytes[at..]);
            at += taken;
            if complete {
                self.server_packet();
            }
        }
    }

    pub(super) fn activity(&self) -> Activity {
        match self.phase {
            Phase::Opaque => Activity::Opaque,
            Phase::Greeting | Phase::Login | Phase::Authentication => Activity::Idle,
            Phase::Commands => {
                let quiet = self.unanswered.is_empty() && !self.sending_file && !self.in_transaction;
                if quiet && self.client.at_boundary() && self.server.at_boundary() {
                    Activity::Idle
                } else {
                    Activity::Busy
                }
            }
        }
    }

    pub(super) fn wants_client(&self) -> bool {
        self.phase != Phase::Commands
            || !self.client.at_boundary()
            || self.sending_file
            || self.changing_user
            || self.unanswered.is_empty() && self.in_transaction
    }

    fn client_packet(&mut self) {
        match self.phase {
            Phase::Opaque => {}
            // A command that does not wait for the login's end would be taken for a part of it, and its connection for idle.
            Phase::Authentication if self.client.sequence() == 0 => self.phase = Phase::Opaque,
            Phase::Commands if self.changing_user && self.client.sequence() == 0 => {
                self.phase = Phase::Opaque
            }
            Phase::Authentication => {}
            Phase::Greeting => self.phase = Phase::Opaque,
            Phase::Login => self.phase = self.read_login().unwrap_or(Phase::Opaque),
            Phase::Commands if self.sending_file => self.sending_file = self.client.length() > 0,
            Phase::Commands if self.changing_user => {}
            Phase::Commands => self.command(),
        }
    }

    fn command(&mut self) {
        let shape = match self.client.head().first() {
            _ if self.client.sequence() != 0 || self.unanswered.len() >= MOST_PIPELINED => None,
            // Quit, send long data, close statement: no answer.
            Some(0x01 | 0x18 | 0x19) => return,
            // Initialise database, create and drop database, refresh, shutdown, kill, debug, ping, register
            // replica, reset statement, set option, reset connection.
            Some(0x02 | 0x05..=0x08 | 0x0c..=0x0e | 0x15 | 0x1a | 0x1b | 0x1f) => Some(Shape::Short),
            // Statistics.
            Some(0x09) => Some(Shape::Text),
            // Query, process list, execute, MariaDB's bulk execute.
            Some(0x03 | 0x0a | 0x17 | 0xfa) => Some(Shape::Results),
            // Field list, fetch.
            Some(0x04 | 0x1c) => Some(Shape::Rows),
            Some(0x16) => Some(Shape::Prepared),
            Some(0x11) => {
                self.changing_user = true;
                Some(Shape::Login)
            }
            // Binlog dump, table dump, clone, group replication, MariaDB's multi, and whatever comes.
            _ => None,
        };
        match shape {
            Some(shape) => self.unanswered.push_back(shape),
            None => self.phase = Phase::Opaque,
        }
    }

    fn server_packet(&mut self) {
        match self.phase {
            Phase::Opaque => {}
            Phase::Greeting => self.phase = self.read_greeting().unwrap_or(Phase::Opaque),
            Phase::Login => self.phase = Phase::Opaque,
            Phase::Authentication => match self.reply.packet(Shape::Login, &self.server, self.dialect) {
                // After an error the server closes the connection.
                Step::Done(Some(open)) => {
                    self.in_transaction = open;
                    self.phase = Phase::Commands;
                }
                Step::Done(None) | Step::More => {}
                Step::SendFile | Step::Nonsense => self.phase = Phase::Opaque,
            },
            Phase::Commands => self.answer(),
        }
    }

    fn answer(&mut self) {
        let Some(shape) = self.unanswered.front() else {
            // An error that nobody asked for is a server that says goodbye (4031: idle too long; 1053).
            if self.server.head().first() != Some(&0xff) {
                self.phase = Phase::Opaque;
            }
            return;
        };
        match self.reply.packet(*shape, &self.server, self.dialect) {
            Step::More => {}
            Step::SendFile => self.sending_file = true,
            Step::Done(open) => {
                self.in_transaction = open.unwrap_or(self.in_transaction);
                self.changing_user &= *shape != Shape::Login;
                self.unanswered.pop_front();
            }
            Step::Nonsense => self.phase = Phase::Opaque,
        }
    }

    /// The greeting: protocol version, server version, thread id, salt, capability flags in two halves.
    fn read_greeting(&mut self) -> Option<Phase> {
        let head = self.server.head();
        match head.first()? {
            10 => {}
            // Too many connections, host blocked: the server closes after it.
            0xff => return Some(Phase::Greeting),
            _ => return None,
        }
        let after_version = head.iter().position(|byte| *byte == 0)? + 1;
        let flags = after_version + 4 + 8 + 1;
        let low = u32::from(two_bytes(head, flags)?);
        let high = u32::from(two_bytes(head, flags + 2 + 1 + 2)?);
        self.offered = high << 16 | low;
        // Ten reserved bytes follow the salt's length; MariaDB puts flags of its own into the last four.
        if self.offered & CLIENT_MYSQL == 0 {
            self.offered_mariadb = four_bytes(head, flags + 2 + 1 + 2 + 2 + 1 + 6)?;
        }
        self.server.greeted();
        self.client.greeted();
        Some(Phase::Login)
    }

    fn read_login(&mut self) -> Option<Phase> {
        let head = self.client.head();
        let agreed = four_bytes(head, 0)? & self.offered;
        if agreed & CLIENT_PROTOCOL_41 == 0 || agreed & UNREADABLE != 0 {
            return None;
        }
        let mariadb = four_bytes(head, 28)? & self.offered_mariadb;
        self.dialect = Dialect {
            deprecate_eof: agreed & CLIENT_DEPRECATE_EOF != 0,
            cached_metadata: agreed & CLIENT_MYSQL == 0 && mariadb & MARIADB_CLIENT_CACHE_METADATA != 0,
        };
        Some(Phase::Authentication)
    }
}

/// An error packet in place of a greeting. Before the login there is no agreement on SQL states, so it has none.
pub(super) fn refusal(why: &str) -> Vec<u8> {
    let length = u32::try_from(3 + why.len()).unwrap_or(3);
    let [a, b, c, _] = length.to_le_bytes();
    let [low, high] = SERVER_SHUTDOWN.to_le_bytes();
    let mut packet = vec![a, b, c, 0, 0xff, low, high];
    packet.extend_from_slice(why.as_bytes());
    packet
}
