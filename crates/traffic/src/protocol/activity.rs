//! What the protocols tell of a connection, and how much they are told.

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Nothing is under way: no command without its answer, no open transaction. A connection that is still
    /// logging in counts as idle too, since it has executed nothing.
    Idle,
    /// A command is under way or a transaction is open.
    Busy,
    /// The bytes cannot be read (TLS, compression, a replication stream, something unknown): only the server
    /// can tell.
    Opaque,
}

/// How much of what a client sent may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// All of it.
    Everything,
    /// No more than one command, so that a client that pipelines can be stopped between two.
    OneCommand,
}
