//! The control socket of a gate that runs in a process of its own: JSON lines over a Unix domain socket.

mod client;
mod message;
mod server;

pub use client::GateClient;
pub use server::{ControlError, serve};
