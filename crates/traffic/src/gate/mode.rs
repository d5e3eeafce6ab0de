//! What the gate does with clients at the moment: one small value that every connection watches.

use std::net::SocketAddr;
use std::time::Duration;

use crate::side::Side;

/// Who may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Everyone,
    Nobody,
}

/// The gate's present order to all connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) admission: Admission,
    /// The side that new connections are dialled to.
    pub(super) side: Side,
    /// Counts the moves; a connection made in an earlier era must end.
    pub(super) era: u64,
    /// Counts the holds; the last one.
    pub(super) hold: u64,
    /// How long a connection lets itself be held before it gives up on being told anything.
    pub(super) patience: Duration,
    /// What clients whose connection ends are told.
    pub(super) farewell: Farewell,
}

/// What clients whose connection ends are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// Their database is on the other side now.
    Moved,
    /// No side may be written.
    Nowhere,
    /// Their transaction was in the way of a move.
    TooLong,
}

impl Mode {
    /// Whether a client at this address may reach a server. Admission by source address, for opening to some
    /// before opening to all, has its place here.
    pub(super) fn admits(&self, _client: SocketAddr) -> bool {
        self.admission == Admission::Everyone
    }
}

impl Farewell {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Moved => "the database has moved to another server; connect again",
            Self::Nowhere => "the database takes no writes at the moment; connect again",
            Self::TooLong => "the database is moving and this transaction did not end in time; connect again",
        }
    }
}
