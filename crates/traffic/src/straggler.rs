use serde::{Deserialize, Serialize};

/// A connection that did not become idle in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Straggler {
    /// The application's address.
    pub client: String,
    /// The local port of the connection to the server, by which the server's session list names it.
    pub backend_port: u16,
    /// How long it had been busy, in milliseconds; null where the stream cannot be read.
    pub busy_ms: Option<u64>,
}
