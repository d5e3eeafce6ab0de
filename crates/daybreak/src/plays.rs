//! The runbook's steps, composed from the parts that the other crates hold.
//!
//! | play | steps |
//! |---|---|
//! | `migrate` | assess · schema.check · estate.check · data.check.estate · links.prepare · load.copy · target.hold · replicate.start · data.check |
//! | `migrate` without replication | assess · schema.check · estate.check · data.check.estate · source.hold · load.copy · target.hold · data.check |
//! | `cutover` | cutover.arm · cutover.check · { ready · hold · fence · reach · turn · open · shift } · cutover.confirm |
//! | `failback` | the same as `cutover`, the other way round |
//!
//! Everything in braces is one span: it runs back-to-back, and a failure before traffic shifts undoes it in reverse.

mod cut_over;
mod direction;
mod failure;
mod gate_line;
pub(crate) mod kept;
mod migrate;
mod relay;
mod world;

pub(crate) use cut_over::cut_over;
pub(crate) use direction::Direction;
pub(crate) use migrate::{migrate, migrate_otherwise, pair};
pub(crate) use world::World;
