//! The beginning of a connection: what the client wants, the wait, the dial.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::mode::Mode;
use crate::protocol::{Protocol, cancel_request_length};

/// A client that says nothing for so long is let go. PostgreSQL's own limit for a login is a minute.
const FIRST_WORD: Duration = Duration::from_secs(60);

/// How long a server may take over a cancel request.
const CANCEL_LIMIT: Duration = Duration::from_secs(10);

/// What a client begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Preface {
    /// A session, and the bytes of it that have been read.
    Session(Vec<u8>),
    /// A request to cancel what another session does, whole.
    Cancel(Vec<u8>),
}

/// Reads as much as it takes to tell a cancel request from a session. A MySQL client says nothing first.
pub(super) async fn preface(client: &mut TcpStream, protocol: Protocol) -> io::Result<Preface> {
    if protocol == Protocol::MySql {
        return Ok(Preface::Session(Vec::new()));
    }
    let reading = async {
        let mut header = [0; 8];
        client.read_exact(&mut header).await?;
        let Some(length) = cancel_request_length(header) else {
            return Ok(Preface::Session(header.to_vec()));
        };
        let mut request = vec![0; length];
        request[..8].copy_from_slice(&header);
        client.read_exact(&mut request[8..]).await?;
        Ok(Preface::Cancel(request))
    };
    timeout(FIRST_WORD, reading).await?
}

/// Passes a cancel request on and waits until the server closes, which is its only answer.
pub(super) async fn pass_cancel(address: &str, request: &[u8]) -> io::Result<()> {
    let passing = async {
        let mut server = TcpStream::connect(address).await?;
        server.write_all(request).await?;
        let mut nothing = [0; 64];
        while server.read(&mut nothing).await? > 0 {}
        Ok(())
    };
    timeout(CANCEL_LIMIT, passing).await?
}

/// What a wait ends with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// The client may reach a server, in this mode.
    Over(Mode),
    /// It has waited as long as it may.
    TooLong,
    /// It has gone, or the gate stops.
    Gone,
}

/// Waits until the client may reach a server.
pub(super) async fn wait(
    client: &TcpStream,
    peer: SocketAddr,
    modes: &mut watch::Receiver<Mode>,
    since: Instant,
) -> Wait {
    loop {
        let mode = *modes.borrow_and_update();
        if mode.admits(peer) {
            return Wait::Over(mode);
        }
        tokio::select! {
            biased;
            // Dialling for clients that have given up would look to a MySQL server like an attack: it blocks a
            // host after `max_connect_errors` broken handshakes.
            () = gone(client) => return Wait::Gone,
            changed = modes.changed() => if changed.is_err() { return Wait::Gone },
            () = sleep_until(since + mode.patience) => return Wait::TooLong,
        }
    }
}

/// Resolves when the client has closed its connection; never if it has said something that nobody reads yet.
async fn gone(client: &TcpStream) {
    match client.peek(&mut [0]).await {
        Ok(0) | Err(_) => {}
        Ok(_) => std::future::pending().await,
    }
}

/// Connects to a server, unless the mode changes meanwhile.
pub(super) async fn dial(
    address: &str,
    limit: Duration,
    modes: &mut watch::Receiver<Mode>,
) -> Option<io::Result<TcpStream>> {
    let dialling = async {
        let server = timeout(limit, TcpStream::connect(address)).await??;
        server.set_nodelay(true)?;
        Ok(server)
    };
    tokio::select! {
        biased;
        changed = modes.changed() => changed.err().map(|_| Err(io::ErrorKind::ConnectionAborted.into())),
        server = dialling => Some(server),
    }
}
