//! One client, from its arrival to its end.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::counters::Tally;
use super::mode::{Farewell, Mode};
use super::opening::{self, Preface, Wait};
use super::registry::{Registry, Standing};
use super::relay::{Relay, say_goodbye};
use super::settings::GateSettings;
use crate::protocol::Session;

/// What all connections of a gate share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: GateSettings,
    pub(super) registry: Arc<Registry>,
    pub(super) tally: Tally,
}

/// Serves one client until its connection ends.
pub(super) async fn serve(
    shared: Arc<Shared>,
    mut modes: watch::Receiver<Mode>,
    mut client: TcpStream,
    peer: SocketAddr,
) {
    let Shared {
        settings,
        registry,
        tally,
    } = &*shared;
    Tally::add(&tally.accepted, 1);
    let ticket = registry.enter(peer);
    // Without it answers wait for the acknowledgement of earlier ones; on failure they merely do.
    drop(client.set_nodelay(true));
    let first = match opening::preface(&mut client, settings.protocol).await {
        Ok(Preface::Session(first)) => first,
        Ok(Preface::Cancel(request)) => {
            // Every connection to a server is on the present side, so that is where the session is.
            let side = modes.borrow().side;
            Tally::add(&tally.cancels, 1);
            if let Err(error) = opening::pass_cancel(settings.address(side), &request).await {
                warn!(%side, %error, "failed to pass a cancel request on");
            }
            return;
        }
        Err(error) => {
            debug!(%peer, %error, "a client went away before it said anything");
            return;
        }
    };
    Tally::add(&tally.client_bytes, first.len());
    let arrived = Instant::now();
    let mut waited_in = None;
    let (server, era) = loop {
        let now = *modes.borrow();
        if !now.admits(peer) {
            waited_in.get_or_insert(now.hold);
            ticket.stand(Standing::Waiting, now.hold);
        }
        let mode = match opening::wait(&client, peer, &mut modes, arrived).await {
            Wait::Over(mode) => mode,
            Wait::Gone => return,
            Wait::TooLong => {
                Tally::add(&tally.refused, 1);
                tally.waited(modes.borrow().hold, arrived.elapsed());
                let refusal = settings.protocol.refusal(Farewell::Nowhere.text());
                drop(ticket);
                return say_goodbye(&mut client, &refusal).await;
            }
        };
        let address = settings.address(mode.side);
        let server = match opening::dial(address, settings.dial_timeout, &mut modes).await {
            None => continue,
            Some(Ok(server)) => server,
            Some(Err(error)) => {
                warn!(side = %mode.side, %address, %error, "failed to connect to the server");
                Tally::add(&tally.dial_failures, 1);
                let refusal = settings.protocol.refusal("the database server cannot be reached");
                drop(ticket);
                return say_goodbye(&mut client, &refusal).await;
            }
        };
        let Ok(local) = server.local_addr() else { return };
        // Enter first, then look: a hold that begins now either is seen here or sees this connection.
        ticket.connected(local.port(), mode.hold);
        let now = *modes.borrow();
        if now.admits(peer) && now.era == mode.era {
            break (server, mode.era);
        }
        ticket.stand(Standing::Arriving, now.hold);
    };
    if let Some(hold) = waited_in {
        tally.waited(hold, arrived.elapsed());
    }
    let session = Session::new(settings.protocol);
    Relay::new(
        (client, peer),
        server,
        (modes, era),
        (session, &first),
        ticket,
        tally,
    )
    .run()
    .await;
}
