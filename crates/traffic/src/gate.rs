//! The built-in gate: a TCP proxy in front of the databases.

mod buffer;
mod connection;
mod counters;
mod handle;
mod keeper;
mod keeper_hold;
mod listener;
mod mode;
mod opaque;
mod opening;
mod registry;
mod relay;
mod settings;
mod side_file;
mod views;

pub use counters::{Counters, HoldCounters, Milliseconds};
pub use handle::{Gate, GateError, GateHandle, GateStatus, HoldStatus};
pub use settings::GateSettings;
pub use side_file::remembered_side;
pub use views::{SessionView, ViewError, WriterView};
