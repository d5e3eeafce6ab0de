//! The runbook engine against real files, a recorded world and real kills.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod behaviour;
mod chain;
mod conformance;
mod journal;
mod kill;
mod steering;
mod toy;
mod transitions;
mod view;
