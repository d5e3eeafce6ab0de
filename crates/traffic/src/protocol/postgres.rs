//! A PostgreSQL connection, followed from its startup packet on.
//!
//! Facts from the PostgreSQL manual, "Frontend/Backend Protocol": every Query, FunctionCall and Sync is answered
//! by one ReadyForQuery that says whether a transaction is open; messages of the extended protocol belong
//! together up to their Sync; during COPY into the server the Syncs that the client sends are ignored.

use std::collections::VecDeque;

use super::activity::{Activity, Take};
use super::postgres_messages::{CANCEL_REQUEST, Message, Messages, Opening, Startup, split};

/// SQLSTATE of a connection that an administrator ends; drivers and pools take it as a reason to connect again.
pub(super) const ADMIN_SHUTDOWN: &str = "57P01";

/// SQLSTATE of a server that cannot take connections now.
pub(super) const CANNOT_CONNECT_NOW: &str = "57P03";

/// More unanswered commands than any client sends; beyond, the connection is not followed any more.
const MOST_PIPELINED: usize = 65_536;

#[derive(Debug)]
enum Phase {
    Startup(Startup),
    /// The client has asked for encryption; the server answers with a single byte.
    Encryption,
    /// The startup packet is through; a ReadyForQuery ends the login.
    Login,
    Commands,
    Opaque,
}

/// What a ReadyForQuery answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A Query or a FunctionCall.
    Simple,
    /// A Sync.
    Sync,
}

/// See [`super::Session`].
#[derive(Debug)]
pub(crate) struct Postgres {
    phase: Phase,
    client: Messages,
    server: Messages,
    unanswered: VecDeque<Asked>,
    /// Messages of the extended protocol without their Sync.
    unsynced: bool,
    copying_in: bool,
    in_transaction: bool,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            phase: Phase::Startup(Startup::default()),
            client: Messages::default(),
            server: Messages::default(),
            unanswered: VecDeque::new(),
            unsynced: false,
            copying_in: false,
            in_transaction: false,
        }
    }
}

impl Postgres {
    pub(super) fn client_sent(&mut self, bytes: &[u8], take: Take) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let complete = match &mut self.phase {
                Phase::Opaque => return bytes.len(),
                // Nothing may follow before the server has answered.
                Phase::Encryption => {
                    self.phase = Phase::Opaque;
                    return bytes.len();
                }
                Phase::Startup(startup) => match startup.feed(&bytes[at..]) {
                    Ok((taken, opening)) => {
                        at += taken;
                        opening.map(|opening| self.opening(opening)).is_some()
                    }
                    Err(_) => {
                        self.phase = Phase::Opaque;
                        false
                    }
                },
                Phase::Login | Phase::Commands => match self.client.feed(&bytes[at..]) {
                    Ok((taken, message)) => {
                        at += taken;
                        message.is_some_and(|message| self.client_message(message))
                    }
                    Err(_) => {
                        self.phase = Phase::Opaque;
                        false
                    }
                },
            };
            if complete && take == Take::OneCommand {
                return at;
            }
        }
        at
    }

    pub(super) fn server_sent(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            match self.phase {
                Phase::Opaque => return,
                Phase::Encryption => {
                    self.phase = match bytes[at] {
                        b'N' => Phase::Startup(Startup::default()),
                        _ => Phase::Opaque,
                    };
                    at += 1;
                }
                Phase::Startup(_) | Phase::Login | Phase::Commands => match self.server.feed(&bytes[at..]) {
                    Ok((taken, message)) => {
                        at += taken;
                        if let Some(message) = message {
                            self.server_message(message);
                        }
                    }
                    Err(_) => self.phase = Phase::Opaque,
                },
            }
        }
    }

    pub(super) fn activity(&self) -> Activity {
        let quiet = self.unanswered.is_empty() && !self.unsynced && !self.copying_in && !self.in_transaction;
        match self.phase {
            Phase::Opaque => Activity::Opaque,
            Phase::Startup(_) | Phase::Encryption => Activity::Idle,
            Phase::Login if quiet => Activity::Idle,
            Phase::Commands if quiet && self.client.at_boundary() && self.server.at_boundary() => {
                Activity::Idle
            }
            Phase::Login | Phase::Commands => Activity::Busy,
        }
    }

    pub(super) fn wants_client(&self) -> bool {
        !matches!(self.phase, Phase::Commands)
            || !self.client.at_boundary()
            || self.copying_in
            || self.unsynced
            || self.unanswered.is_empty() && self.in_transaction
    }

    /// Whether an ErrorResponse may be put into the stream to the client here.
    pub(super) fn may_hear_error(&self) -> bool {
        matches!(self.phase, Phase::Startup(_) | Phase::Login | Phase::Commands) && self.server.at_boundary()
    }

    fn opening(&mut self, opening: Opening) {
        self.phase = match opening {
            Opening::Encryption => Phase::Encryption,
            Opening::Session { replication: false } => Phase::Login,
            Opening::Session { replication: true } | Opening::Cancel => Phase::Opaque,
        };
    }

    /// Returns whether the message ends a command.
    fn client_message(&mut self, message: Message) -> bool {
        match message.kind {
            b'Q' | b'F' if !self.copying_in => self.asked(Asked::Simple),
            b'S' if self.copying_in => {}
            b'S' => {
                self.unsynced = false;
                self.asked(Asked::Sync);
            }
            b'H' if self.copying_in => {}
            b'P' | b'B' | b'E' | b'D' | b'C' | b'H' if !self.copying_in => {
                self.unsynced = true;
                return false;
            }
            b'd' | b'p' | b'X' => {}
            b'c' | b'f' => self.copying_in = false,
            _ => self.phase = Phase::Opaque,
        }
        true
    }

    fn asked(&mut self, asked: Asked) {
        if self.unanswered.len() < MOST_PIPELINED {
            self.unanswered.push_back(asked);
        } else {
            self.phase = Phase::Opaque;
        }
    }

    fn server_message(&mut self, message: Message) {
        match message.kind {
            b'Z' => self.ready(message.first),
            b'G' => self.copy_in(),
            b'E' if self.copying_in => self.copying_in = false,
            // CopyBoth: a replication stream.
            b'W' => self.phase = Phase::Opaque,
            b'R' | b'K' | b'S' | b'N' | b'A' | b'E' | b'T' | b'D' | b'C' | b'H' | b'd' | b'c' | b'1'
            | b'2' | b'3' | b'n' | b's' | b't' | b'V' | b'I' | b'v' => {}
            _ => self.phase = Phase::Opaque,
        }
    }

    fn ready(&mut self, status: Option<u8>) {
        let expected = match self.phase {
            Phase::Login => {
                self.phase = Phase::Commands;
                true
            }
            _ => self.unanswered.pop_front().is_some(),
        };
        self.copying_in = false;
        self.in_transaction = match status {
            Some(b'I') if expected => false,
            Some(b'T' | b'E') if expected => true,
            _ => {
                self.phase = Phase::Opaque;
                return;
            }
        };
    }

    fn copy_in(&mut self) {
        match self.unanswered.front() {
            Some(Asked::Simple) if self.unanswered.len() == 1 => {}
            Some(Asked::Simple) => self.phase = Phase::Opaque,
            // The Syncs that were sent along are ignored; the one that counts follows the copied data.
            Some(Asked::Sync) | None if !self.unanswered.contains(&Asked::Simple) => {
                self.unanswered.clear();
                self.unsynced = true;
            }
            Some(Asked::Sync) | None => self.phase = Phase::Opaque,
        }
        self.copying_in = true;
    }
}

/// The length of a cancel request, if that is what a first packet with these eight bytes is. The request holds
/// a process id and a key: 16 bytes, up to 268 from protocol 3.2 on.
pub(crate) fn cancel_request_length(header: [u8; 8]) -> Option<usize> {
    let (length, code) = split(header);
    (code == CANCEL_REQUEST && (16..=268).contains(&length)).then_some(length as usize)
}

/// A fatal ErrorResponse.
pub(super) fn error_response(sqlstate: &str, why: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', sqlstate), (b'M', why)] {
        body.push(field);
        body.extend(value.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(4);
    let mut message = vec![b'E'];
    message.extend_from_slice(&length.to_be_bytes());
    message.extend(body);
    message
}
