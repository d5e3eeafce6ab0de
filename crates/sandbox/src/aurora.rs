//! A stand-in for an Amazon Aurora cluster: one writer and readers, with Aurora's shape, privileges, procedures and refusals.
//!
//! Storage is imitated by moving it: the cluster's data directory goes from the old writer to the promoted instance, so that a
//! fail-over loses nothing that was acknowledged, keeps slots, binary logs and the set-up of replication from outside, and restarts
//! both instances, as on Aurora.
//!
//! What differs from Aurora, knowingly: `@@version` is that of the server underneath; `AURORA_VERSION()` must be called as
//! `mysql.aurora_version()`; readers replicate through a channel of their own (`aurora_internal`), so they show `super_read_only`
//! where Aurora shows `innodb_read_only`, and with readers the writer keeps a binary log; the administrator could write tables of
//! schema `mysql`.

mod cluster;
mod endpoint;
mod mysql;
mod options;
mod parameters;
mod postgres;

pub use cluster::{AuroraStandIn, Role};
pub use endpoint::EndpointMembers;
pub use options::AuroraOptions;
pub use parameters::Apply;
