//! One connection's bytes, both ways, and where they stop.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest, Ready};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::buffer::Buffer;
use super::counters::Tally;
use super::mode::{Farewell, Mode};
use super::registry::{Order, Standing, Ticket};
use crate::protocol::{Activity, Session, Take};

/// A client that has been told why its connection ends gets so long to read it.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection between one client and one server.
pub(super) struct Relay<'g> {
    peer: SocketAddr,
    client: TcpStream,
    server: TcpStream,
    client_ended: bool,
    passed_end_on: bool,
    server_ended: bool,
    modes: watch::Receiver<Mode>,
    era: u64,
    session: Session,
    activity: Activity,
    ticket: Ticket,
    tally: &'g Tally,
    up: Buffer,
    down: Buffer,
    pause: Option<Pause>,
    /// The last hold in which something had to be finished before the pause.
    busy_in: Option<u64>,
}

/// A connection's rest during a hold.
#[derive(Debug, Clone, Copy)]
struct Pause {
    hold: u64,
    since: Instant,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// One end closed it, or the gate stops.
    Closed,
    /// Traffic has moved.
    Moved,
    /// It was paused, and nobody said anything for too long.
    Forgotten,
    /// It was in a transaction for too long.
    Killed,
}

impl<'g> Relay<'g> {
    /// A connection whose server was dialled in `era`; `first` are the bytes already read from the client.
    pub(super) fn new(
        (client, peer): (TcpStream, SocketAddr),
        server: TcpStream,
        (modes, era): (watch::Receiver<Mode>, u64),
        (session, first): (Session, &[u8]),
        ticket: Ticket,
        tally: &'g Tally,
    ) -> Self {
        Self {
            peer,
            client,
            server,
            client_ended: false,
            passed_end_on: false,
            server_ended: false,
            modes,
            era,
            activity: session.activity(),
            session,
            ticket,
            tally,
            up: Buffer::with(first),
            down: Buffer::with(&[]),
            pause: None,
            busy_in: None,
        }
    }

    /// Carries bytes until the connection ends, and ends it.
    pub(super) async fn run(mut self) {
        let end = self.carry().await.unwrap_or(End::Closed);
        let Self {
            mut client,
            server,
            session,
            ticket,
            tally,
            down,
            pause,
            busy_in,
            modes,
            ..
        } = self;
        // The server first: whatever is open there is rolled back.
        drop(server);
        let mode = *modes.borrow();
        match (end, pause) {
            (End::Killed, _) => tally.killed(mode.hold),
            (_, Some(pause)) => {
                let drained = busy_in == Some(pause.hold);
                tally.paused(pause.hold, pause.since.elapsed(), drained, end != End::Closed);
            }
            (End::Closed | End::Moved | End::Forgotten, None) => {}
        }
        drop(ticket);
        let message = match end {
            End::Closed => None,
            End::Moved => session.farewell(mode.farewell.text()),
            End::Killed => session.farewell(Farewell::TooLong.text()),
            End::Forgotten => session.farewell(Farewell::Nowhere.text()),
        };
        say_goodbye(
            &mut client,
            &[down.passed(), message.as_deref().unwrap_or_default()].concat(),
        )
        .await;
    }

    async fn carry(&mut self) -> io::Result<End> {
        loop {
            let mode = *self.modes.borrow_and_update();
            let order = *self.ticket.orders.borrow_and_update();
            if order == Order::Stop {
                return Ok(End::Killed);
            }
            if mode.era != self.era {
                return Ok(End::Moved);
            }
            let held = !mode.admits(self.peer);
            let resting = self.rest_or_go_on(&mode, held, order);
            if !resting {
                self.let_pass(held);
            }
            if self.write()? {
                continue;
            }
            if self.client_ended && self.up.is_empty() && !self.passed_end_on {
                // The server answers what it has got, then closes.
                self.server.shutdown().await?;
                self.passed_end_on = true;
            }
            if self.server_ended && self.down.is_empty() {
                return Ok(End::Closed);
            }
            let hears_client = !resting
                && !self.client_ended
                && self.up.stopped().is_empty()
                && self.up.has_room()
                && (!held || self.session.wants_client());
            let client = interest(hears_client, !self.down.passed().is_empty());
            let server = interest(
                !self.server_ended && self.down.has_room(),
                !self.up.passed().is_empty(),
            );
            tokio::select! {
                changed = self.modes.changed() => if changed.is_err() { return Ok(End::Closed) },
                changed = self.ticket.orders.changed() => if changed.is_err() { return Ok(End::Closed) },
                ready = ready(&self.client, client) => if ready?.is_readable() && hears_client { self.read_client()? },
                ready = ready(&self.server, server) => if ready?.is_readable() { self.read_server()? },
                () = overdue(self.pause, mode.patience) => return Ok(End::Forgotten),
            }
            tokio::task::coop::consume_budget().await;
        }
    }

    /// Takes or leaves the pause that a hold wants. Returns whether the client's bytes stop here.
    fn rest_or_go_on(&mut self, mode: &Mode, held: bool, order: Order) -> bool {
        let under_way = match self.activity {
            Activity::Idle => false,
            Activity::Busy => true,
            Activity::Opaque => order == Order::Flow,
        };
        if held && under_way {
            self.busy_in = Some(mode.hold);
        }
        let rests = held && !under_way && self.up.passed().is_empty();
        match self.pause {
            Some(pause) if !rests || pause.hold != mode.hold => {
                // An opaque connection that was stopped only for a question has not been paused.
                if !held || rests {
                    let drained = self.busy_in == Some(pause.hold);
                    self.tally
                        .paused(pause.hold, pause.since.elapsed(), drained, false);
                }
                self.pause = None;
                self.ticket.stand(Standing::Flowing, mode.hold);
            }
            _ => {}
        }
        if rests && self.pause.is_none() {
            self.pause = Some(Pause {
                hold: mode.hold,
                since: Instant::now(),
            });
            let standing = if self.activity == Activity::Opaque {
                Standing::Suspended
            } else {
                Standing::Paused
            };
            self.ticket.stand(standing, mode.hold);
        }
        rests
    }

    /// Lets the client's bytes pass: during a hold, one command at a time and only what a transaction needs.
    fn let_pass(&mut self, held: bool) {
        let take = if held { Take::OneCommand } else { Take::Everything };
        while !self.up.stopped().is_empty() && (!held || self.session.wants_client()) {
            let count = self.session.client_sent(self.up.stopped(), take);
            self.up.pass(count);
        }
        self.note_activity();
    }

    /// Writes what may go on, as far as it is taken. Returns whether anything was.
    fn write(&mut self) -> io::Result<bool> {
        let up = write_some(&self.server, &mut self.up)?;
        let down = write_some(&self.client, &mut self.down)?;
        Ok(up || down)
    }

    fn read_client(&mut self) -> io::Result<()> {
        match read_some(&self.client, &mut self.up)? {
            Some(0) => self.client_ended = true,
            Some(count) => Tally::add(&self.tally.client_bytes, count),
            None => {}
        }
        Ok(())
    }

    fn read_server(&mut self) -> io::Result<()> {
        match read_some(&self.server, &mut self.down)? {
            Some(0) => self.server_ended = true,
            Some(count) => {
                self.session.server_sent(self.down.stopped());
                self.down.pass(count);
                self.note_activity();
                Tally::add(&self.tally.server_bytes, count);
                Tally::add(&self.ticket.live.server_bytes, count);
            }
            None => {}
        }
        Ok(())
    }

    fn note_activity(&mut self) {
        let activity = self.session.activity();
        if activity != self.activity {
            self.activity = activity;
            self.ticket.busy(activity == Activity::Busy);
            self.ticket
                .live
                .opaque
                .store(activity == Activity::Opaque, Ordering::Relaxed);
        }
    }
}

fn interest(read: bool, write: bool) -> Option<Interest> {
    match (read, write) {
        (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        (false, false) => None,
    }
}

async fn ready(stream: &TcpStream, interest: Option<Interest>) -> io::Result<Ready> {
    match interest {
        Some(interest) => stream.ready(interest).await,
        None => std::future::pending().await,
    }
}

async fn overdue(pause: Option<Pause>, patience: Duration) {
    match pause {
        Some(pause) => sleep_until(pause.since + patience).await,
        None => std::future::pending().await,
    }
}

/// The number of bytes read, 0 at the end of the stream, none if there are none yet.
fn read_some(stream: &TcpStream, buffer: &mut Buffer) -> io::Result<Option<usize>> {
    match stream.try_read(buffer.room()) {
        Ok(count) => {
            buffer.filled(count);
            Ok(Some(count))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_some(stream: &TcpStream, buffer: &mut Buffer) -> io::Result<bool> {
    if buffer.passed().is_empty() {
        return Ok(false);
    }
    match stream.try_write(buffer.passed()) {
        Ok(count) => {
            buffer.sent(count);
            Ok(count > 0)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sends a client its last words and ends its stream. What it may still send is read and thrown away for a
/// moment: closing a socket with unread bytes resets it, and the client would lose the words.
pub(super) async fn say_goodbye(client: &mut TcpStream, words: &[u8]) {
    let goodbye = async {
        client.write_all(words).await?;
        client.shutdown().await?;
        let mut unread = [0; 1024];
        while client.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    // Whether it works or not, this connection is over.
    drop(timeout(GOODBYE, goodbye).await);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::super::mode::Admission;
    use super::super::registry::Registry;
    use super::*;
    use crate::protocol::Protocol;
    use crate::side::Side;

    async fn pair() -> (TcpStream, TcpStream, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (near, peer) = listener.accept().await.unwrap();
        (near, far, peer)
    }

    /// The keeper never says a word again: the last resort.
    #[tokio::test]
    async fn a_paused_connection_that_nobody_releases_ends_by_itself() {
        let (client, mut application, peer) = pair().await;
        let (server, _database, _) = pair().await;
        let mode = Mode {
            admission: Admission::Nobody,
            side: Side::Source,
            era: 3,
            hold: 1,
            patience: Duration::from_millis(20),
            farewell: Farewell::Moved,
        };
        let (_keeper, modes) = watch::channel(mode);
        let registry = Arc::new(Registry::new());
        registry.begin_hold(1, Order::Follow);
        let ticket = registry.enter(peer);
        let tally = Tally::new();
        tally.hold_begins(1);
        let session = Session::new(Protocol::Postgres);
        let relay = Relay::new((client, peer), server, (modes, 3), (session, b""), ticket, &tally);
        let reading = async {
            let mut words = Vec::new();
            application.read_to_end(&mut words).await.unwrap();
            drop(application);
            words
        };
        let ((), words) = tokio::join!(relay.run(), reading);
        let words = String::from_utf8_lossy(&words);
        assert!(words.contains(Farewell::Nowhere.text()), "{words}");
        assert_eq!(tally.counters(0).total.closed, 1);
        assert_eq!(registry.len(), 0);
    }
}
