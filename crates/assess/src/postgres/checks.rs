//! The checks, one a file.

mod table_unlogged;

use super::Check;

/// All of them.
pub(crate) const CHECKS: &[Check] = &[table_unlogged::CHECK];
