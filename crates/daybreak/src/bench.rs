//! Benchmarks: ours beside its peers and beside a limit, in one run on one machine, interleaved. Figures that were not
//! measured are absent, never made up.

pub(crate) mod check;
pub(crate) mod copy;
pub(crate) mod cutover;
pub(crate) mod digest;
mod figures;
mod program;
mod result;
pub(crate) mod split;
pub(crate) mod trim;
