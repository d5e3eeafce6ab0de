//! Why a switch does not do what it is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::side::Side;
use crate::straggler::Straggler;

/// How a hold came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum HoldEnd {
    /// Somebody released it.
    #[error("it was released to the {side}")]
    Released {
        /// To this side.
        side: Side,
    },
    /// Its deadline came, and the gate found the side that may be written.
    #[error("its deadline came, and traffic went to the {side}, which may be written")]
    Deadline {
        /// This side.
        side: Side,
    },
    /// Its deadline came, and no side could be found that may be written.
    #[error("its deadline came, and no side is known to be writable")]
    Nowhere,
    /// Transactions did not end in time and the hold was to fail then.
    #[error("{} connections were still in a transaction when the time to drain was over", stragglers.len())]
    Stragglers {
        /// Whose.
        stragglers: Vec<Straggler>,
    },
}

/// A switch says no. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum Refusal {
    /// There has not been a hold.
    #[error("traffic is not held")]
    NotHeld,
    /// There was one, and it is over.
    #[error("the hold is over: {end}")]
    HoldEnded {
        /// How it ended.
        end: HoldEnd,
    },
    /// Connections are still in a transaction on the present side.
    #[error("{unsettled} connections are not idle yet")]
    NotDrained {
        /// How many.
        unsettled: u64,
    },
    /// The time to drain is not shorter than the deadline, or the deadline is zero.
    #[error("a hold of {deadline_ms} ms with {drain_ms} ms to drain leaves no time to move")]
    BadLimits {
        /// The deadline in milliseconds.
        deadline_ms: u64,
        /// The time to drain in milliseconds.
        drain_ms: u64,
    },
    /// No side is known to be writable, and none was pointed at.
    #[error("no side is known to be writable")]
    NoWritableSide,
    /// The gate is stopping.
    #[error("the gate is stopping")]
    Stopping,
    /// The control socket got something that is no request.
    #[error("not a request of the gate's control socket: {problem}")]
    NotUnderstood {
        /// What is wrong with it.
        problem: String,
    },
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotHeld => "hold traffic first: connections are only moved between transactions",
            Self::HoldEnded {
                end: HoldEnd::Stragglers { .. },
            } => {
                "let those transactions end or end them, then hold again; a longer time to drain helps as well"
            }
            Self::HoldEnded { .. } => "look where traffic goes now, then hold again if it is to move",
            Self::NotDrained { .. } => "wait for the drain, or hold with stragglers closed",
            Self::BadLimits { .. } => "give a deadline longer than the time to drain",
            Self::NoWritableSide => "make one side writable, or point at the side that is",
            Self::Stopping => "start the gate again",
            Self::NotUnderstood { .. } => "use the same version of the program on both ends of the socket",
        }
    }
}

/// A switch cannot be told, or says no.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// It says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The gate's control socket does not answer.
    #[error("failed to reach the gate at {}", socket.display())]
    Unreachable {
        /// The control socket.
        socket: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl SwitchError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.hint(),
            Self::Unreachable { .. } => {
                "is the gate running? a hold it may be in ends by itself at its deadline; start it again if it died"
            }
        }
    }
}
