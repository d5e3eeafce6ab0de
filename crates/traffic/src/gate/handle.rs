//! Starting a gate and telling it what to do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use super::connection::Shared;
use super::counters::{Counters, Tally};
use super::keeper::{Command, Keeper, Present, first_mode};
use super::listener;
use super::registry::Registry;
use super::settings::GateSettings;
use super::side_file;
use super::views::{SessionView, WriterView};
use crate::refusal::{Refusal, SwitchError};
use crate::side::Side;
use crate::straggler::Straggler;
use crate::switch::{Drained, Held, HoldLimits, Pointed, Released, TrafficSwitch, Whereabouts};

/// At the start of a gate: how long the servers may take to say which side may be written.
const FIRST_QUESTION: Duration = Duration::from_secs(5);

/// A gate cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// An address cannot be listened on.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

impl GateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Listen { .. } => {
                "another program, perhaps an earlier gate, has the address: stop it or take another"
            }
        }
    }
}

/// A hold, as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldStatus {
    /// Its number.
    pub hold: u64,
    /// How long it may still last, in milliseconds.
    pub remaining_ms: u64,
    /// Whether nothing that a client sends can reach a server any more.
    pub drained: bool,
    /// Connections that are not idle yet.
    pub unsettled: Vec<Straggler>,
}

/// What a gate is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStatus {
    /// Where traffic goes.
    pub whereabouts: Whereabouts,
    /// The addresses that applications connect to.
    pub listen: Vec<SocketAddr>,
    /// New connections that are held.
    pub waiting: u64,
    /// Connections with a server.
    pub connected: u64,
    /// The hold that is on.
    pub hold: Option<HoldStatus>,
}

/// A gate that runs. Dropping it ends every connection through it.
#[derive(Debug)]
pub struct Gate {
    addresses: Vec<SocketAddr>,
    handle: GateHandle,
    /// The keeper and the listeners.
    tasks: JoinSet<()>,
}

/// Tells a gate in this process what to do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GateHandle {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    addresses: Arc<[SocketAddr]>,
}

impl Gate {
    /// Starts a gate: asks the servers which side may be written (if they cannot tell, the side file, and without
    /// one the first side of the settings), then lets clients in. While the servers say that neither side may be
    /// written, clients wait. `sessions` is needed for clients whose traffic is encrypted: without it they never
    /// count as idle.
    ///
    /// # Errors
    /// If an address cannot be listened on.
    pub async fn start(
        settings: GateSettings,
        writer: Arc<dyn WriterView>,
        sessions: Option<Arc<dyn SessionView>>,
    ) -> Result<Self, GateError> {
        allow_many_connections();
        let mut listeners = Vec::new();
        for address in &settings.listen {
            let listener = listener::listen(*address);
            listeners.push(listener.map_err(|source| GateError::Listen {
                address: *address,
                source,
            })?);
        }
        let addresses: Arc<[SocketAddr]> = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect();
        let (side, known) = first_side(&settings, &*writer).await;
        let (modes, watching) = watch::channel(first_mode(side, known, settings.wait_limit));
        let shared = Arc::new(Shared {
            settings,
            registry: Arc::new(Registry::new()),
            tally: Tally::new(),
        });
        let (commands, commanded) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        let keeper = Keeper::new(Arc::clone(&shared), modes, commanded, writer, sessions);
        tasks.spawn(keeper.keep());
        for listener in listeners {
            tasks.spawn(listener::accept(listener, Arc::clone(&shared), watching.clone()));
        }
        info!(%side, known, listen = ?addresses, "the gate is up");
        let handle = GateHandle {
            commands,
            shared,
            addresses: Arc::clone(&addresses),
        };
        Ok(Self {
            addresses: addresses.to_vec(),
            handle,
            tasks,
        })
    }

    /// The addresses that applications connect to, in the order of the settings.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What tells this gate what to do.
    #[must_use]
    pub fn handle(&self) -> GateHandle {
        self.handle.clone()
    }

    /// Ends every connection and waits until that is done.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl GateHandle {
    /// Points at a side and releases: [`TrafficSwitch::point`] and [`TrafficSwitch::release`] in one.
    ///
    /// # Errors
    /// As theirs; after a refused `point` nothing is released.
    pub async fn switch(&self, to: Side) -> Result<Released, SwitchError> {
        self.point(to).await?;
        self.release().await
    }

    /// What the gate is at.
    ///
    /// # Errors
    /// If the gate is stopping.
    pub async fn status(&self) -> Result<GateStatus, SwitchError> {
        let present = self.present().await?;
        let counts = self.shared.registry.counts();
        let hold = present.hold.map(|(hold, remaining_ms, drained)| HoldStatus {
            hold,
            remaining_ms,
            drained,
            unsettled: self.shared.registry.stragglers(),
        });
        Ok(GateStatus {
            whereabouts: self.whereabouts(present),
            listen: self.addresses.to_vec(),
            waiting: counts.waiting,
            connected: counts.paused + counts.unsettled,
            hold,
        })
    }

    /// What clients felt so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.tally.counters(self.shared.registry.len())
    }

    async fn present(&self) -> Result<Present, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Look(reply))
            .await
            .map_err(|_| Refusal::Stopping)?;
        answer.await.map_err(|_| Refusal::Stopping)
    }

    fn whereabouts(&self, present: Present) -> Whereabouts {
        let address = self.shared.settings.address(present.side).to_owned();
        Whereabouts {
            side: present.side,
            address,
            flow: present.flow,
        }
    }

    async fn tell<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Command,
    ) -> Result<T, SwitchError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| Refusal::Stopping)?;
        Ok(answer.await.map_err(|_| Refusal::Stopping)??)
    }
}

#[async_trait]
impl TrafficSwitch for GateHandle {
    async fn hold(&self, limits: HoldLimits) -> Result<Held, SwitchError> {
        self.tell(|reply| Command::Hold(limits, reply)).await
    }

    async fn drain(&self) -> Result<Drained, SwitchError> {
        self.tell(Command::Drain).await
    }

    async fn point(&self, to: Side) -> Result<Pointed, SwitchError> {
        self.tell(|reply| Command::Point(to, reply)).await
    }

    async fn release(&self) -> Result<Released, SwitchError> {
        self.tell(Command::Release).await
    }

    async fn backends(&self) -> Result<Option<Vec<u16>>, SwitchError> {
        Ok(Some(self.shared.registry.backend_ports()))
    }

    async fn where_now(&self) -> Result<Whereabouts, SwitchError> {
        Ok(self.whereabouts(self.present().await?))
    }
}

/// Where traffic goes at the start, and whether it may.
async fn first_side(settings: &GateSettings, writer: &dyn WriterView) -> (Side, bool) {
    let remembered = match side_file::remembered_side(&settings.side_file) {
        Ok(remembered) => remembered.unwrap_or(settings.first_side),
        Err(error) => {
            warn!(%error, "failed to read the side file");
            settings.first_side
        }
    };
    match timeout(FIRST_QUESTION, writer.writable(remembered)).await {
        Ok(Ok(Some(side))) => (side, true),
        Ok(Ok(None)) => (remembered, false),
        Ok(Err(error)) => {
            warn!(%error, side = %remembered, "the servers do not say which side may be written");
            (remembered, true)
        }
        Err(_) => {
            warn!(side = %remembered, "the servers did not say in time which side may be written");
            (remembered, true)
        }
    }
}

/// Two open files per connection soon reach the usual soft limit of 1024.
fn allow_many_connections() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = rustix::process::Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Nofile, most) {
        warn!(%error, "failed to raise the limit of open files");
    }
}
