//! A hold that is on, as its keeper sees it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::opaque;
use super::registry::{Counts, Registry};
use super::views::SessionView;
use crate::refusal::{HoldEnd, Refusal};
use crate::side::Side;
use crate::straggler::Straggler;
use crate::switch::{Drained, Held, HoldLimits, Stragglers};

/// How long the servers may take to say which side may be written, of the time that a hold has.
const LONGEST_QUESTION: Duration = Duration::from_millis(250);

/// The next thing that time alone brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The time to drain is over.
    Drain,
    /// The servers are to be asked which side may be written, so that the answer is there by the deadline.
    Deadline,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) number: u64,
    pub(super) limits: HoldLimits,
    began: Instant,
    drained: Option<Drained>,
    killed: Option<Vec<Straggler>>,
    waiters: Vec<oneshot::Sender<Result<Drained, Refusal>>>,
    asked: bool,
    /// Brings connections that cannot be read to rest; ends with the hold.
    settling: JoinSet<()>,
}

impl Hold {
    pub(super) fn begin(number: u64, limits: HoldLimits) -> Self {
        Self {
            number,
            limits,
            began: Instant::now(),
            drained: None,
            killed: None,
            waiters: Vec::new(),
            asked: false,
            settling: JoinSet::new(),
        }
    }

    pub(super) fn settle_opaque(&mut self, registry: &Arc<Registry>, view: Arc<dyn SessionView>, side: Side) {
        self.settling
            .spawn(opaque::settle(Arc::clone(registry), view, side));
    }

    pub(super) fn describe(&self, already: bool) -> Held {
        let remaining = self.limits.deadline.saturating_sub(self.began.elapsed());
        Held {
            hold: self.number,
            already,
            remaining_ms: milliseconds(remaining),
        }
    }

    pub(super) fn lasted_ms(&self) -> u64 {
        milliseconds(self.began.elapsed())
    }

    pub(super) fn is_drained(&self) -> bool {
        self.drained.is_some()
    }

    /// How long the servers may take to answer.
    pub(super) fn question_limit(&self) -> Duration {
        LONGEST_QUESTION.min(self.limits.deadline / 4)
    }

    /// What time brings about next, and when.
    pub(super) fn due(&self) -> Option<(Due, Instant)> {
        let deadline = self.began + self.limits.deadline - self.question_limit();
        let drain = self.began + self.limits.drain;
        let drains = self.drained.is_none() && self.killed.is_none();
        match (self.asked, drains) {
            (false, true) if drain < deadline => Some((Due::Drain, drain)),
            (false, _) => Some((Due::Deadline, deadline)),
            (true, true) => Some((Due::Drain, drain)),
            (true, false) => None,
        }
    }

    /// The servers are being asked.
    pub(super) fn asking(&mut self) {
        self.asked = true;
    }

    /// The time to drain is over with connections that are not idle. Returns how the hold ends, if it does.
    pub(super) fn drain_is_over(&mut self, registry: &Registry) -> Option<HoldEnd> {
        match self.limits.stragglers {
            Stragglers::Close => {
                self.killed = Some(registry.stop_unsettled());
                None
            }
            Stragglers::Abort => Some(HoldEnd::Stragglers {
                stragglers: registry.stragglers(),
            }),
        }
    }

    /// Looks whether all connections are paused, and tells those who wait for it.
    pub(super) fn look(&mut self, counts: Counts) {
        if self.drained.is_some() || counts.unsettled > 0 {
            return;
        }
        self.settling.abort_all();
        let drained = Drained {
            hold: self.number,
            paused: counts.paused,
            killed: self.killed.take().unwrap_or_default(),
            took_ms: self.lasted_ms(),
        };
        for waiter in self.waiters.drain(..) {
            // A caller that has gone needs no answer.
            drop(waiter.send(Ok(drained.clone())));
        }
        self.drained = Some(drained);
    }

    /// Answers now if the hold is drained, else as soon as it is or ends.
    pub(super) fn await_drained(&mut self, waiter: oneshot::Sender<Result<Drained, Refusal>>) {
        match &self.drained {
            Some(drained) => drop(waiter.send(Ok(drained.clone()))),
            None => self.waiters.push(waiter),
        }
    }

    /// The hold is over.
    pub(super) fn end(self, end: &HoldEnd) {
        for waiter in self.waiters {
            drop(waiter.send(Err(Refusal::HoldEnded { end: end.clone() })));
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
