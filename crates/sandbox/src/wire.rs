//! A network in between: a TCP forwarder that can be held, cut, slowed and aimed elsewhere while connections run through it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::SandboxError;

/// How much of one direction may be on its way at a time: 64 pieces of up to 64 kB.
const PIECES: usize = 64;
const PIECE: usize = 64 * 1024;

/// A forwarder from a port of its own on 127.0.0.1. Dropping it cuts every connection through it.
///
/// It lives on the async runtime that it was made on.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    targets: Arc<RwLock<Vec<SocketAddr>>>,
    line: watch::Sender<Line>,
    snare: Arc<Snare>,
    accepting: tokio::task::AbortHandle,
}

/// What a client has to say for the line to be held, before it is passed on.
#[derive(Debug, Default)]
struct Snare(Mutex<Option<Set>>);

#[derive(Debug)]
struct Set {
    words: Vec<u8>,
    /// How often they may pass before.
    passes: usize,
    line: watch::Sender<Line>,
    caught: oneshot::Sender<()>,
}

impl Snare {
    fn set(&self, set: Option<Set>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = set;
    }

    /// Holds the line if these are the words.
    fn hears(&self, said: &[u8]) {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = set.as_mut() else { return };
        if !said
            .windows(waiting.words.len())
            .any(|part| part == waiting.words)
        {
            return;
        }
        if waiting.passes > 0 {
            waiting.passes -= 1;
            return;
        }
        if let Some(set) = set.take() {
            set.line.send_modify(|line| line.state = LineState::Held);
            // Nobody may be waiting for it any more.
            let _ = set.caught.send(());
        }
    }
}

/// What the line does to the bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    state: LineState,
    /// How long a byte takes in each direction.
    delay: Duration,
    /// Counts the resets: connections of an older count are dead.
    resets: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineState {
    /// Bytes pass.
    Open,
    /// Nothing passes and nobody is told, as when a cable is pulled.
    Held,
    /// Connections are reset and new ones too, as by a host whose service is gone.
    Refusing,
}

impl Wire {
    /// A wire to one server.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn to(target: SocketAddr) -> Result<Self, SandboxError> {
        Self::to_any(vec![target]).await
    }

    /// A wire to several servers, taken in turn by each new connection.
    pub(crate) async fn to_any(targets: Vec<SocketAddr>) -> Result<Self, SandboxError> {
        let failed = |e: std::io::Error| SandboxError::NotPossible(format!("no port for a wire: {e}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let targets = Arc::new(RwLock::new(targets));
        let (line, watched) = watch::channel(Line {
            state: LineState::Open,
            delay: Duration::ZERO,
            resets: 0,
        });
        let snare = Arc::new(Snare::default());
        let accepting = accept(listener, Arc::clone(&targets), watched, Arc::clone(&snare));
        Ok(Self {
            port,
            targets,
            line,
            snare,
            accepting: tokio::spawn(accepting).abort_handle(),
        })
    }

    /// Its own port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Holds the line, as [`Wire::hold`] does, when a client says these words, and before they arrive; so often they pass. The
    /// future ends when it has happened. Words under TLS are not heard.
    pub fn hold_at(&self, words: &str, passes: usize) -> impl Future<Output = ()> + use<> {
        let (caught, hears) = oneshot::channel();
        self.snare.set(Some(Set {
            words: words.as_bytes().to_vec(),
            passes,
            line: self.line.clone(),
            caught,
        }));
        async move {
            // Only another snare in its place ends it without having caught.
            if hears.await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets nothing through and tells nobody: what is sent waits, new connections get no answer.
    pub fn hold(&self) {
        self.line.send_modify(|line| line.state = LineState::Held);
    }

    /// Resets every connection, and every new one, until it is restored.
    pub fn cut(&self) {
        self.line.send_modify(|line| {
            line.state = LineState::Refusing;
            line.resets += 1;
        });
    }

    /// Resets every connection; new ones pass.
    pub fn reset_connections(&self) {
        self.line.send_modify(|line| line.resets += 1);
    }

    /// Lets everything through again, what was held included.
    pub fn restore(&self) {
        self.line.send_modify(|line| line.state = LineState::Open);
    }

    /// Makes every byte take this long in each direction.
    pub fn delay(&self, delay: Duration) {
        self.line.send_modify(|line| line.delay = delay);
    }

    /// Sends new connections elsewhere; those that run stay where they are.
    pub(crate) fn aim(&self, targets: Vec<SocketAddr>) {
        *self.targets.write().unwrap_or_else(PoisonError::into_inner) = targets;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // The connections end because nobody holds the line any more.
        self.snare.set(None);
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    targets: Arc<RwLock<Vec<SocketAddr>>>,
    mut line: watch::Receiver<Line>,
    snare: Arc<Snare>,
) {
    let turn = AtomicUsize::new(0);
    loop {
        if line.wait_for(|line| line.state != LineState::Held).await.is_err() {
            return;
        }
        let client = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                Err(_) => continue,
            },
            changed = line.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let target = {
            let targets = targets.read().unwrap_or_else(PoisonError::into_inner);
            let turn = turn.fetch_add(1, Ordering::Relaxed);
            (!targets.is_empty()).then(|| targets[turn % targets.len()])
        };
        let refusing = line.borrow().state == LineState::Refusing;
        match target.filter(|_| !refusing) {
            Some(target) => drop(tokio::spawn(connect(
                client,
                target,
                line.clone(),
                Arc::clone(&snare),
            ))),
            None => reset(client),
        }
    }
}

/// Closes a connection so that the other side sees a reset.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn connect(client: TcpStream, target: SocketAddr, mut line: watch::Receiver<Line>, snare: Arc<Snare>) {
    let born = line.borrow_and_update().resets;
    let Ok(server) = TcpStream::connect(target).await else {
        return reset(client);
    };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
        // Whoever lets go of a stream early resets it; an orderly end is sent by hand in `deliver`.
        let _ = stream.set_zero_linger();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pass(from_client, to_server, line.clone(), Some(snare));
    let back = pass(from_server, to_client, line.clone(), None);
    tokio::select! {
        _ = async { tokio::join!(there, back) } => {}
        _ = line.wait_for(|line| line.resets != born) => {}
    }
}

/// Carries one direction to its end, each piece no sooner than the delay after it came.
async fn pass(
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    line: watch::Receiver<Line>,
    snare: Option<Arc<Snare>>,
) {
    let (send, receive) = mpsc::channel(PIECES);
    tokio::join!(
        collect(from, send, line.clone()),
        deliver(to, receive, line, snare)
    );
}

async fn collect(
    mut from: OwnedReadHalf,
    send: mpsc::Sender<(Instant, Vec<u8>)>,
    line: watch::Receiver<Line>,
) {
    let mut piece = vec![0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        let due = Instant::now() + line.borrow().delay;
        if send.send((due, piece[..count].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn deliver(
    mut to: OwnedWriteHalf,
    mut receive: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut line: watch::Receiver<Line>,
    snare: Option<Arc<Snare>>,
) {
    while let Some((due, piece)) = receive.recv().await {
        tokio::time::sleep_until(due).await;
        if let Some(snare) = &snare {
            snare.hears(&piece);
        }
        if line.wait_for(|line| line.state != LineState::Held).await.is_err()
            || to.write_all(&piece).await.is_err()
        {
            return;
        }
    }
    let _ = to.shutdown().await;
}
