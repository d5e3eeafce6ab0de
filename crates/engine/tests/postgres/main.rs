//! The PostgreSQL engine against real servers of several versions.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

mod pair;

mod ask;
mod copy;
mod faults;
mod fence;
mod follow;
mod login;
mod mark;
mod part_fence;
mod rows;
mod session_lock;
