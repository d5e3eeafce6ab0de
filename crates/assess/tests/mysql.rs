//! The checks of the MySQL family on real servers: each finds what was planted, and none of it on a clean server.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

#[path = "mysql/ground.rs"]
mod ground;

#[path = "mysql/maria_db.rs"]
mod maria_db;
#[path = "mysql/new.rs"]
mod new;
#[path = "mysql/old.rs"]
mod old;
#[path = "mysql/silent.rs"]
mod silent;

#[path = "mysql/audit.rs"]
mod audit;
#[path = "mysql/clean.rs"]
mod clean;
#[path = "mysql/coverage.rs"]
mod coverage;
#[path = "mysql/rights.rs"]
mod rights;
