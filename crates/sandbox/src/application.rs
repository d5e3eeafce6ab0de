//! An application to migrate under: a bank whose customers never stop moving money.
//!
//! Each transfer takes from one account and gives to another in one transaction and leaves a row with a token. The
//! token of every transfer whose commit the server *acknowledged* is kept here, outside the database. Afterwards the
//! books are audited on any server: is every acknowledged token there, once, and is no money made or lost?

mod books;
mod mysql;
mod postgres;
mod teller;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::SandboxError;
use crate::aurora::AuroraStandIn;
use crate::estate::Estate;
use crate::kind::{Engine, ServerKind};
use crate::login::Login;

pub use books::{Audit, Ledger};
pub use teller::Bank;

/// What is money in the bank: every account starts with this much.
pub(crate) const OPENING_BALANCE: i64 = 1_000;

/// How the bank is set up and how busy it is.
#[derive(Debug, Clone)]
pub struct BankOptions {
    /// `mysql://user:password@host:port/database` or `postgres://…`: what the application connects to.
    pub url: String,
    /// It talks by TLS alone, with servers that this authority (a PEM file) vouches for.
    pub authority: Option<PathBuf>,
    /// Connections that make transfers, each one after the other.
    pub connections: usize,
    /// Accounts there are; more accounts, fewer lock waits.
    pub accounts: i64,
    /// Rest of a connection between two transfers.
    pub rest: Duration,
}

/// Trouble in the bank: what failed, in the driver's words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BankError(pub(crate) String);

/// One connection of the application.
pub(crate) enum Connection {
    Mysql(mysql::Connection),
    Postgres(postgres::Connection),
}

impl Connection {
    async fn open(url: &str, authority: Option<&Path>) -> Result<Self, BankError> {
        if url.starts_with("mysql") {
            Ok(Self::Mysql(mysql::Connection::open(url, authority).await?))
        } else {
            Ok(Self::Postgres(postgres::Connection::open(url, authority).await?))
        }
    }

    /// One transfer in one transaction; returns after the server acknowledged the commit.
    async fn transfer(&mut self, transfer: &Transfer) -> Result<(), BankError> {
        match self {
            Self::Mysql(connection) => connection.transfer(transfer).await,
            Self::Postgres(connection) => connection.transfer(transfer).await,
        }
    }

    async fn begin(&mut self) -> Result<(), BankError> {
        match self {
            Self::Mysql(connection) => connection.begin().await,
            Self::Postgres(connection) => connection.begin().await,
        }
    }

    async fn books(&mut self) -> Result<(Vec<i64>, i64), BankError> {
        match self {
            Self::Mysql(connection) => connection.books().await,
            Self::Postgres(connection) => connection.books().await,
        }
    }
}

/// Money on its way. `from` is not `to`.
pub(crate) struct Transfer {
    pub(crate) token: i64,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) amount: i64,
}

/// Makes the bank's tables, and others of every ordinary kind beside them, on an estate's primary. `rows` is how many rows
/// the largest of the other tables gets.
///
/// # Errors
/// In the driver's words.
pub async fn found(estate: &Estate, accounts: i64, rows: u64) -> Result<(), BankError> {
    match estate.primary.kind().engine() {
        Engine::Mysql => mysql::found(&estate.app_url(), accounts, rows).await,
        Engine::Postgres => postgres::found(&estate.admin_url(), estate.app.name(), accounts, rows).await,
    }
}

/// Gives the application an account on a cluster, as it has one on its estate.
///
/// # Errors
/// In the server's words.
pub async fn admit(cluster: &AuroraStandIn, estate: &Estate) -> Result<(), SandboxError> {
    let (name, password, database) = (estate.app.name(), estate.app.password(), &estate.database);
    let statements = match estate.primary.kind().engine() {
        Engine::Mysql => vec![
            format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'"),
            format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE VIEW, SHOW VIEW, \
                 TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT, LOCK TABLES, CREATE TEMPORARY TABLES \
                 ON `{database}`.* TO '{name}'@'%'"
            ),
        ],
        Engine::Postgres => vec![format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")],
    };
    for statement in statements {
        cluster.sql(&statement).await?;
    }
    Ok(())
}

/// Where the application finds its database behind `port` of this machine, be it a server's or a proxy's.
#[must_use]
pub fn url(kind: ServerKind, login: &Login, port: u16, database: &str) -> String {
    let scheme = match kind.engine() {
        Engine::Mysql => "mysql",
        Engine::Postgres => "postgres",
    };
    format!(
        "{scheme}://{}:{}@127.0.0.1:{port}/{database}",
        login.name(),
        login.password()
    )
}

/// A transaction that the application has begun and not ended.
pub struct OpenTransaction(Connection);

impl OpenTransaction {
    /// Begins, and writes something.
    ///
    /// # Errors
    /// In the driver's words.
    pub async fn begin(url: &str) -> Result<Self, BankError> {
        let mut connection = Connection::open(url, None).await?;
        connection.begin().await?;
        Ok(Self(connection))
    }

    /// Tries to commit.
    ///
    /// # Errors
    /// In the driver's words, when the server refused.
    pub async fn commit(mut self) -> Result<(), BankError> {
        match &mut self.0 {
            Connection::Mysql(connection) => connection.run("COMMIT").await,
            Connection::Postgres(connection) => connection.run("COMMIT").await,
        }
    }

    /// Takes it back.
    ///
    /// # Errors
    /// In the driver's words.
    pub async fn roll_back(mut self) -> Result<(), BankError> {
        match &mut self.0 {
            Connection::Mysql(connection) => connection.run("ROLLBACK").await,
            Connection::Postgres(connection) => connection.run("ROLLBACK").await,
        }
    }
}

/// Whether the application gets a write through at `url`: it tries, and the server takes it back with the connection.
pub async fn can_write(url: &str) -> bool {
    match Connection::open(url, None).await {
        Ok(mut connection) => connection.begin().await.is_ok(),
        Err(_) => false,
    }
}

/// Audits the books on the server at `url` against what was acknowledged.
///
/// # Errors
/// In the driver's words.
pub async fn audit(url: &str, ledger: &Ledger, accounts: i64) -> Result<Audit, BankError> {
    let (tokens, total) = Connection::open(url, None).await?.books().await?;
    Ok(ledger.audit(tokens, total, accounts * OPENING_BALANCE))
}

/// A stretch without a single acknowledged write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When the last write before it was acknowledged.
    pub from: Instant,
    /// How long until the next one.
    pub length: Duration,
}
