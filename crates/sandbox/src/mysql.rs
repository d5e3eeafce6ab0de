//! What is particular to MySQL and MariaDB servers.

mod configuration;
mod initialise;
mod query;

pub(crate) use configuration::{command, settings};
pub(crate) use initialise::initialise;
pub(crate) use query::{quote, rows};

use crate::account::FastEnd;

/// How such a server ends at once.
pub(crate) const END: FastEnd = FastEnd::Kill;
