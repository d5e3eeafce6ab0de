//! The port through which the runbook moves applications.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::refusal::SwitchError;
use crate::side::Side;
use crate::straggler::Straggler;

/// What happens to connections that are still in a transaction when the time to drain is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stragglers {
    /// They are closed on both sides, so that the server rolls their transactions back.
    Close,
    /// The hold fails, and everything goes on where it was.
    Abort,
}

/// The bounds of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldLimits {
    /// The longest that anyone is held. MySQL clients give up on a silent server after their connect timeout,
    /// commonly 10 seconds, so stay below it. The caller has a little less: the gate begins to ask which side may
    /// be written 250 ms (at most a quarter of the deadline) earlier, to be done by then.
    pub deadline: Duration,
    /// How much of the deadline transactions that are under way have to finish. Shorter than the deadline.
    pub drain: Duration,
    /// What becomes of those that do not.
    pub stragglers: Stragglers,
}

/// A hold that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Counts the holds of this switch; the same number means the same hold.
    pub hold: u64,
    /// True if the hold was on before the call. Its bounds are then those of the first call.
    pub already: bool,
    /// How long it may still last, in milliseconds.
    pub remaining_ms: u64,
}

/// Nothing that a client sends reaches a server any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drained {
    /// Which hold.
    pub hold: u64,
    /// Connections that are paused.
    pub paused: u64,
    /// Connections that were closed because they did not become idle in time.
    pub killed: Vec<Straggler>,
    /// From the beginning of the hold, in milliseconds.
    pub took_ms: u64,
}

/// The switch points at a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointed {
    /// The side.
    pub side: Side,
    /// True if it pointed there before the call.
    pub already: bool,
    /// Connections to the other side that end now; their clients connect again.
    pub closed: u64,
}

/// Clients are served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// By which side. Compare it: a deadline may have decided otherwise than you.
    pub side: Side,
    /// True if there was nothing to release.
    pub already: bool,
    /// How long the hold lasted, in milliseconds; 0 if there was none.
    pub held_ms: u64,
}

/// What a switch does with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// They reach the side that it points at.
    Open,
    /// They are held, until a release or the deadline.
    Held,
    /// They wait because no side is known to be writable; it keeps asking which is.
    Seeking,
}

/// Where traffic goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The side pointed at.
    pub side: Side,
    /// Its address as configured, `host:port`.
    pub address: String,
    /// Whether clients get there.
    pub flow: Flow,
}

/// Decides which side the applications write to.
///
/// The runbook calls `hold`, `drain`, does its work on the servers, then `point` and `release`. Every method may
/// be called twice, also by a successor of a caller that died, and then says that there was nothing to do.
///
/// A switch never holds anyone longer than the deadline given to `hold`, whether or not anyone calls it again:
/// by then it finds out by itself which side may be written and lets everyone go there. A caller that returns
/// late must therefore believe the answers of `point` (refused without a hold) and `release` (names the side).
#[async_trait]
pub trait TrafficSwitch: Send + Sync {
    /// From the return on, no new connection reaches a server, idle connections stay as they are without being
    /// read, and busy ones go on until they are idle. Does not wait for them.
    ///
    /// # Errors
    /// If the limits contradict each other.
    async fn hold(&self, limits: HoldLimits) -> Result<Held, SwitchError>;

    /// Waits until nothing that a client sends can reach a server: every transaction that was under way has got
    /// its answer, or was closed as a straggler. What a straggler had already sent, its server may still carry
    /// out (a statement that runs on after its client has gone): the fence on the server decides about it, and
    /// nobody was told that it succeeded.
    ///
    /// # Errors
    /// If there is no hold, if it ended while waiting, or if stragglers made it fail (then everything goes on
    /// where it was).
    async fn drain(&self) -> Result<Drained, SwitchError>;

    /// Makes `to` the side that clients reach after the release. Paused connections to the other side end; their
    /// clients connect again and are held as new ones. What they had sent since the pause was never forwarded.
    ///
    /// The caller's word stands above the servers' until the hold is over: whoever points at the side that is pointed at
    /// already makes sure that no deadline sends clients to the other one.
    ///
    /// # Errors
    /// If `to` is another side than before and there is no hold or it is not drained.
    async fn point(&self, to: Side) -> Result<Pointed, SwitchError>;

    /// Lets everyone go to the side pointed at. If that never changed, paused connections go on untouched.
    ///
    /// # Errors
    /// If no side is known to be writable and none was pointed at.
    async fn release(&self) -> Result<Released, SwitchError>;

    /// The local ports of its connections to servers, by which a server's session list names them: whoever else is connected
    /// there did not come this way. `None` where the switch cannot tell. Changes nothing.
    ///
    /// # Errors
    /// If the switch cannot be reached.
    async fn backends(&self) -> Result<Option<Vec<u16>>, SwitchError>;

    /// Where traffic goes now. Changes nothing.
    ///
    /// # Errors
    /// If the switch cannot be reached.
    async fn where_now(&self) -> Result<Whereabouts, SwitchError>;
}
