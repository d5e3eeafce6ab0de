//! The gate in front of real servers. One pair of servers per test; a test whose server cannot be had says so.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "notices and figures for the person who runs the tests"
)]

mod application;
mod conformance;
mod control;
mod deadline;
mod ground;
mod hold;
mod many;
mod opaque;
mod protocols;
mod stragglers;

/// Makes a test of a function for each engine.
macro_rules! for_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(daybreak_sandbox::ServerKind::Mysql97).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(daybreak_sandbox::ServerKind::Postgres(15)).await;
            })+
        }
    };
}
pub(crate) use for_both_engines;
