//! The checks, one a file.

mod table_engine;

use super::Check;

/// All of them.
pub(crate) const CHECKS: &[Check] = &[table_engine::CHECK];
