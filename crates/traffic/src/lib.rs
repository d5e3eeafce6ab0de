//! Who sends applications where.
//!
//! The runbook moves applications through one port, [`TrafficSwitch`]. Its first implementation is a TCP proxy of
//! our own, the [`Gate`], which stands in front of the databases and follows each protocol closely enough to know
//! when a connection is between two transactions. It runs in a process of its own, so that it outlives a
//! conductor that dies in the middle of a cut-over, and never holds a client longer than it was told to: at its
//! deadline it asks by itself which side may be written ([`WriterView`]) and lets everyone go there.
//!
//! What a move between servers loses, as any failover does: connections (clients connect again), and with them
//! temporary tables, `LOCK TABLES`, `GET_LOCK` and advisory locks, prepared statements, session variables and open
//! cursors. The gate looks at transactions only; a session that holds such state between transactions counts as
//! idle.

mod side;
mod straggler;

mod refusal;

mod switch;

mod protocol;

mod gate;

mod control;

pub use control::{ControlError, GateClient, serve};
pub use gate::{
    Counters, Gate, GateError, GateHandle, GateSettings, GateStatus, HoldCounters, HoldStatus, Milliseconds,
    SessionView, ViewError, WriterView, remembered_side,
};
pub use protocol::Protocol;
pub use refusal::{HoldEnd, Refusal, SwitchError};
pub use side::{Side, UnknownSide};
pub use straggler::Straggler;
pub use switch::{
    Drained, Flow, Held, HoldLimits, Pointed, Released, Stragglers, TrafficSwitch, Whereabouts,
};
