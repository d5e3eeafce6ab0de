//! What is particular to PostgreSQL servers.

mod configuration;
mod initialise;
mod query;
mod shared_memory;

pub(crate) use configuration::{command, settings, write_configuration};
pub(crate) use initialise::{initialise, make_standby};
pub(crate) use query::{identifier, quote, rows};
pub(crate) use shared_memory::release_shared_memory;

use crate::account::FastEnd;

/// How such a server ends at once.
pub(crate) const END: FastEnd = FastEnd::Quit;
