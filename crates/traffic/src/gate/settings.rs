//! What a gate is told at its start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::Protocol;
use crate::side::Side;

/// The settings of a gate.
#[derive(Debug, Clone)]
pub struct GateSettings {
    /// The protocol that passes through.
    pub protocol: Protocol,
    /// Where applications connect to. Port 0 takes a free port.
    pub listen: Vec<SocketAddr>,
    /// The source's writer as `host:port`. The name is resolved for every connection.
    pub source: String,
    /// The target's writer as `host:port`.
    pub target: String,
    /// Where traffic goes at the first start, when neither the servers nor the side file say it.
    pub first_side: Side,
    /// The file in which the gate remembers the side for its next start.
    pub side_file: PathBuf,
    /// How long a connection to a server may take to be made.
    pub dial_timeout: Duration,
    /// The longest that a new connection waits while no side is known to be writable and no hold says otherwise.
    pub wait_limit: Duration,
}

impl GateSettings {
    /// Settings with 5 seconds to dial and 8 to wait, starting on the source.
    #[must_use]
    pub fn new(
        protocol: Protocol,
        listen: Vec<SocketAddr>,
        source: String,
        target: String,
        side_file: PathBuf,
    ) -> Self {
        Self {
            protocol,
            listen,
            source,
            target,
            first_side: Side::Source,
            side_file,
            dial_timeout: Duration::from_secs(5),
            wait_limit: Duration::from_secs(8),
        }
    }

    /// The configured address of a side.
    #[must_use]
    pub fn address(&self, side: Side) -> &str {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}
