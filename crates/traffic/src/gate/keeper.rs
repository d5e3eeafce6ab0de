//! The one task that decides what the gate does: everything else watches its mode.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{info, warn};

use super::connection::Shared;
use super::keeper_hold::{Due, Hold};
use super::mode::{Admission, Farewell, Mode};
use super::registry::Order;
use super::side_file;
use super::views::{SessionView, WriterView};
use crate::refusal::{HoldEnd, Refusal};
use crate::side::Side;
use crate::switch::{Drained, Flow, Held, HoldLimits, Pointed, Released};

/// If the keeper itself fails to act, connections give up so long after the deadline.
const GRACE: Duration = Duration::from_millis(250);

/// While no side is known to be writable: from one question to the next.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// While no side is known to be writable: how long the servers may take to answer.
const SEEKING_QUESTION: Duration = Duration::from_secs(2);

/// A disk that takes longer to take the side file is not waited for.
const REMEMBER_LIMIT: Duration = Duration::from_millis(100);

type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// What the gate can be told.
#[derive(Debug)]
pub(super) enum Command {
    Hold(HoldLimits, Reply<Held>),
    Drain(Reply<Drained>),
    Point(Side, Reply<Pointed>),
    Release(Reply<Released>),
    Look(oneshot::Sender<Present>),
}

/// What the keeper is at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    pub(super) flow: Flow,
    pub(super) side: Side,
    /// The hold, and whether it is drained.
    pub(super) hold: Option<(u64, u64, bool)>,
}

#[derive(Debug)]
enum State {
    Open,
    Held(Hold),
    Seeking { pointed: bool, ask_at: Option<Instant> },
}

/// What the keeper of a gate works with.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    modes: watch::Sender<Mode>,
    commands: mpsc::Receiver<Command>,
    writer: Arc<dyn WriterView>,
    sessions: Option<Arc<dyn SessionView>>,
    state: State,
    /// Somebody pointed at the present side since the hold began: the servers' word does not move traffic away from it
    /// any more.
    pinned: bool,
    /// How the last hold ended.
    last_end: Option<HoldEnd>,
    /// At most one question at a time; replaced when its answer does not matter any more.
    question: JoinSet<Option<Side>>,
}

/// The mode of a gate that starts.
pub(super) fn first_mode(side: Side, known: bool, wait_limit: Duration) -> Mode {
    Mode {
        admission: if known {
            Admission::Everyone
        } else {
            Admission::Nobody
        },
        side,
        era: 0,
        hold: 0,
        patience: wait_limit,
        farewell: Farewell::Moved,
    }
}

impl Keeper {
    pub(super) fn new(
        shared: Arc<Shared>,
        modes: watch::Sender<Mode>,
        commands: mpsc::Receiver<Command>,
        writer: Arc<dyn WriterView>,
        sessions: Option<Arc<dyn SessionView>>,
    ) -> Self {
        let state = match modes.borrow().admission {
            Admission::Everyone => State::Open,
            Admission::Nobody => State::Seeking {
                pointed: false,
                ask_at: Some(Instant::now()),
            },
        };
        let question = JoinSet::new();
        Self {
            shared,
            modes,
            commands,
            writer,
            sessions,
            state,
            pinned: false,
            last_end: None,
            question,
        }
    }

    /// Keeps the gate until nobody can command it any more.
    pub(super) async fn keep(mut self) {
        loop {
            let due = self.due();
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return,
                },
                Some(answer) = self.question.join_next() => {
                    // A view that panics knows nothing.
                    self.answered(answer.unwrap_or(None)).await;
                }
                () = self.shared.registry.changed() => self.look(),
                () = at(due) => self.time_is_up(),
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        match &self.state {
            State::Open => None,
            State::Held(hold) => hold.due().map(|(_, at)| at),
            State::Seeking { ask_at, .. } => *ask_at,
        }
    }

    async fn obey(&mut self, command: Command) {
        // Callers that have gone need no answer.
        match command {
            Command::Hold(limits, reply) => drop(reply.send(self.hold(limits))),
            Command::Drain(reply) => match &mut self.state {
                State::Held(hold) => hold.await_drained(reply),
                State::Open | State::Seeking { .. } => drop(reply.send(Err(self.not_held()))),
            },
            Command::Point(to, reply) => {
                let pointed = self.point(to).await;
                drop(reply.send(pointed));
            }
            Command::Release(reply) => drop(reply.send(self.release())),
            Command::Look(reply) => drop(reply.send(self.present())),
        }
    }

    fn present(&self) -> Present {
        let side = self.modes.borrow().side;
        match &self.state {
            State::Open => Present {
                flow: Flow::Open,
                side,
                hold: None,
            },
            State::Held(hold) => {
                let described = (hold.number, hold.describe(true).remaining_ms, hold.is_drained());
                Present {
                    flow: Flow::Held,
                    side,
                    hold: Some(described),
                }
            }
            State::Seeking { .. } => Present {
                flow: Flow::Seeking,
                side,
                hold: None,
            },
        }
    }

    fn hold(&mut self, limits: HoldLimits) -> Result<Held, Refusal> {
        if let State::Held(hold) = &self.state {
            return Ok(hold.describe(true));
        }
        if limits.drain >= limits.deadline {
            return Err(Refusal::BadLimits {
                deadline_ms: super::keeper_hold::milliseconds(limits.deadline),
                drain_ms: super::keeper_hold::milliseconds(limits.drain),
            });
        }
        let number = self.modes.borrow().hold + 1;
        self.shared.tally.hold_begins(number);
        // Without a session list nobody knows when a connection that cannot be read is idle: it is not stopped.
        let opaque = if self.sessions.is_some() {
            Order::Follow
        } else {
            Order::Flow
        };
        self.shared.registry.begin_hold(number, opaque);
        self.modes.send_modify(|mode| {
            mode.admission = Admission::Nobody;
            mode.hold = number;
            mode.patience = limits.deadline + GRACE;
        });
        let mut hold = Hold::begin(number, limits);
        if let Some(view) = &self.sessions {
            hold.settle_opaque(&self.shared.registry, Arc::clone(view), self.modes.borrow().side);
        }
        let held = hold.describe(false);
        info!(hold = number, deadline_ms = held.remaining_ms, "traffic is held");
        self.question = JoinSet::new();
        self.state = State::Held(hold);
        self.pinned = false;
        self.look();
        Ok(held)
    }

    async fn point(&mut self, to: Side) -> Result<Pointed, Refusal> {
        let from = self.modes.borrow().side;
        match &mut self.state {
            State::Open | State::Held(_) if to == from => {
                self.pinned = true;
                return Ok(Pointed {
                    side: to,
                    already: true,
                    closed: 0,
                });
            }
            State::Open => return Err(self.not_held()),
            State::Held(hold) if !hold.is_drained() => {
                return Err(Refusal::NotDrained {
                    unsettled: self.shared.registry.counts().unsettled,
                });
            }
            State::Held(_) => {}
            State::Seeking { pointed, .. } => *pointed = true,
        }
        let closed = self.shared.registry.counts().paused;
        self.pinned = true;
        self.turn(to).await;
        Ok(Pointed {
            side: to,
            already: to == from,
            closed,
        })
    }

    fn release(&mut self) -> Result<Released, Refusal> {
        let side = self.modes.borrow().side;
        let held_ms = match &self.state {
            State::Open => {
                return Ok(Released {
                    side,
                    already: true,
                    held_ms: 0,
                });
            }
            State::Seeking { pointed: false, .. } => return Err(Refusal::NoWritableSide),
            State::Seeking { pointed: true, .. } => 0,
            State::Held(hold) => hold.lasted_ms(),
        };
        self.open(HoldEnd::Released { side });
        Ok(Released {
            side,
            already: false,
            held_ms,
        })
    }

    /// Makes `to` the side, remembers it, and ends the connections to the other one.
    async fn turn(&mut self, to: Side) {
        if self.modes.borrow().side == to {
            return;
        }
        let path = self.shared.settings.side_file.clone();
        let writing = tokio::task::spawn_blocking(move || side_file::write(&path, to));
        match timeout(REMEMBER_LIMIT, writing).await {
            Ok(Ok(Ok(()))) => {}
            // The file is only asked when no server answers: going on is right, and it is said.
            Ok(Ok(Err(error))) => warn!(%error, "failed to write the side file"),
            Ok(Err(error)) => warn!(%error, "failed to write the side file"),
            Err(_) => warn!("the side file is not written yet"),
        }
        self.modes.send_modify(|mode| {
            mode.side = to;
            mode.era += 1;
            mode.farewell = Farewell::Moved;
        });
        info!(side = %to, "traffic points at the other side");
    }

    fn open(&mut self, end: HoldEnd) {
        self.modes
            .send_modify(|mode| mode.admission = Admission::Everyone);
        info!(side = %self.modes.borrow().side, %end, "traffic flows");
        self.pinned = false;
        self.leave(State::Open, end);
    }

    fn leave(&mut self, next: State, end: HoldEnd) {
        self.question = JoinSet::new();
        if let State::Held(hold) = std::mem::replace(&mut self.state, next) {
            hold.end(&end);
        }
        self.last_end = Some(end);
    }

    fn not_held(&self) -> Refusal {
        match &self.last_end {
            Some(end) => Refusal::HoldEnded { end: end.clone() },
            None => Refusal::NotHeld,
        }
    }

    fn look(&mut self) {
        if let State::Held(hold) = &mut self.state {
            hold.look(self.shared.registry.counts());
        }
    }

    fn time_is_up(&mut self) {
        match &mut self.state {
            State::Open => {}
            State::Held(hold) => match hold.due() {
                Some((Due::Drain, _)) => {
                    if let Some(end) = hold.drain_is_over(&self.shared.registry) {
                        self.open(end);
                    } else {
                        self.look();
                    }
                }
                Some((Due::Deadline, _)) => {
                    hold.asking();
                    let limit = hold.question_limit();
                    self.ask(limit);
                }
                None => {}
            },
            State::Seeking { ask_at, .. } => {
                *ask_at = None;
                self.ask(SEEKING_QUESTION);
            }
        }
    }

    fn ask(&mut self, limit: Duration) {
        let writer = Arc::clone(&self.writer);
        let pointed = self.modes.borrow().side;
        self.question.spawn(async move {
            match timeout(limit, writer.writable(pointed)).await {
                Ok(Ok(side)) => side,
                Ok(Err(error)) => {
                    warn!(%error, "failed to ask the servers which side may be written");
                    None
                }
                Err(_) => {
                    warn!("the servers did not say in time which side may be written");
                    None
                }
            }
        });
    }

    /// The servers have said which side may be written.
    async fn answered(&mut self, side: Option<Side>) {
        let pointed = self.modes.borrow().side;
        let side = side.filter(|side| !self.pinned || *side == pointed);
        match (&mut self.state, side) {
            (State::Open, _) => {}
            (State::Held(_) | State::Seeking { .. }, Some(side)) => {
                self.turn(side).await;
                self.open(HoldEnd::Deadline { side });
            }
            (State::Seeking { ask_at, .. }, None) => *ask_at = Some(Instant::now() + ASK_AGAIN),
            (State::Held(hold), None) => {
                let patience = hold.limits.deadline;
                self.modes.send_modify(|mode| {
                    mode.era += 1;
                    mode.patience = patience;
                    mode.farewell = Farewell::Nowhere;
                });
                warn!("no side is known to be writable: held connections end, new ones wait");
                let seeking = State::Seeking {
                    pointed: false,
                    ask_at: Some(Instant::now() + ASK_AGAIN),
                };
                self.leave(seeking, HoldEnd::Nowhere);
            }
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
