//! The MySQL family on real servers.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

#[path = "mysql/ground.rs"]
mod ground;

#[path = "mysql/changes.rs"]
mod changes;
#[path = "mysql/connect.rs"]
mod connect;
#[path = "mysql/fence.rs"]
mod fence;
#[path = "mysql/group.rs"]
mod group;
#[path = "mysql/large_rows.rs"]
mod large_rows;
#[path = "mysql/link.rs"]
mod link;
#[path = "mysql/migration.rs"]
mod migration;
#[path = "mysql/part_fence.rs"]
mod part_fence;
#[path = "mysql/schema.rs"]
mod schema;
#[path = "mysql/session_lock.rs"]
mod session_lock;
#[path = "mysql/snapshot.rs"]
mod snapshot;
#[path = "mysql/split.rs"]
mod split;
#[path = "mysql/tools.rs"]
mod tools;
#[path = "mysql/types.rs"]
mod types;
