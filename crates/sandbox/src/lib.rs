//! Real local servers for the demo and the tests: MySQL, MariaDB and PostgreSQL, fetched on first use, and a stand-in for Amazon Aurora.
//!
//! Everything listens on 127.0.0.1 alone, lives in one folder, and ends with the program, however that ends.
//!
//! ```no_run
//! # async fn example() -> Result<(), daybreak_sandbox::SandboxError> {
//! use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind};
//!
//! let sandbox = Sandbox::open()?;
//! let source = Estate::start(&sandbox, EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1)).await?;
//! let target = AuroraStandIn::start(&sandbox, AuroraOptions::mysql().gtid(true).readers(1)).await?;
//! source.sql("CREATE TABLE orders (id INT PRIMARY KEY)").await?;
//! target.sql("CALL mysql.rds_set_configuration('binlog retention hours', 24)").await?;
//! let (from, to) = (source.admin_url(), target.admin_url());
//! # Ok(())
//! # }
//! ```
//!
//! A client that finds itself on the server's own machine may go on by the local socket, past any [`Wire`] or proxy: `mysql_async` does
//! unless it is told `prefer_socket=false`.
//!
//! | environment variable | what it does |
//! |---|---|
//! | `DAYBREAK_CACHE` | where fetched servers are kept; default `$XDG_CACHE_HOME/daybreak` or `~/.cache/daybreak`, for root `/var/cache/daybreak` |
//! | `DAYBREAK_SERVERS=path` | takes servers from `PATH` instead of fetching them |
//! | `DAYBREAK_REQUIRE_SERVERS=1` | makes a kind of server that cannot be had a failure of the test and no skip |

mod account;
pub mod application;
mod aurora;
mod available;
mod aws;
mod cache;
mod clock;
mod estate;
mod failure;
mod fetch;
mod kind;
mod login;
mod mysql;
mod port;
mod postgres;
mod process;
mod program;
mod run;
mod sandbox;
mod server;
mod setup;
mod small_disk;
mod template;
mod tls;
mod wire;

pub use aurora::{Apply, AuroraOptions, AuroraStandIn, EndpointMembers, Role};
pub use available::available;
pub use aws::{AwsStandIn, Held, Refusal};
pub use estate::{Estate, EstateOptions};
pub use failure::SandboxError;
pub use fetch::{Tool, ToolPrograms};
pub use kind::{Engine, ServerKind};
pub use login::Login;
pub use sandbox::Sandbox;
pub use server::{Row, Server};
pub use setup::ServerSetup;
pub use small_disk::SmallDisk;
pub use wire::Wire;
