//! The role ports. Each trait's prose is its contract; `mysql` and `postgres` implement all of them.

mod check;
mod database;
mod read;
mod replication;
mod write;

pub use check::Check;
pub use database::{Database, Identity, Inspect, Open, Role, SchemaMark, Session, SettingCheck, TextRow};
pub use read::{Block, Copied, Read, Snapshot};
pub use replication::{Change, Changes, Replication};
pub use write::{Statement, Write};
