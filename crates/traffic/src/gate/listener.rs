//! Where clients arrive.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use super::connection::{Shared, serve};
use super::mode::Mode;

/// How many clients may wait to be accepted: all of a large application that connects again at once.
const BACKLOG: u32 = 4096;

/// After a failure to accept (too many open files, say), until the next try.
const RETRY: Duration = Duration::from_millis(50);

/// Listens on an address.
///
/// # Errors
/// If the address is taken or not this machine's.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    // Inherited by what is accepted: a client whose machine died would keep its transaction open for good.
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts clients for as long as the gate runs. Dropping it ends them all.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>, modes: watch::Receiver<Mode>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, peer)) => {
                    clients.spawn(serve(Arc::clone(&shared), modes.clone(), client, peer));
                }
                Err(error) => {
                    warn!(%error, "failed to accept a connection");
                    sleep(RETRY).await;
                }
            },
            Some(ended) = clients.join_next() => {
                if let Err(error) = ended {
                    warn!(%error, "a connection ended abnormally");
                }
            }
        }
    }
}
