//! The whole program on real servers: one binary, so that it is linked once.

mod assess;
mod estates;
mod faults;
mod ground;
mod init;
mod kill_matrix;
mod migration;
mod readiness;
mod refusals;
