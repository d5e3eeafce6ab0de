//! A company's own servers: a primary and its replicas.

mod mysql;
mod postgres;

pub(crate) use postgres::connection;

use crate::SandboxError;
use crate::kind::{Engine, ServerKind};
use crate::login::Login;
use crate::sandbox::Sandbox;
use crate::server::Server;
use crate::setup::Settings;

/// What an estate is to be like.
#[derive(Debug, Clone)]
#[must_use = "an estate exists once it is started"]
pub struct EstateOptions {
    kind: ServerKind,
    gtid: bool,
    replicas: usize,
    require_tls: bool,
    settings: Settings,
    clock_offset: i64,
}

impl EstateOptions {
    /// A lone primary of this kind, replicating by file and position (MySQL, MariaDB).
    pub fn new(kind: ServerKind) -> Self {
        Self {
            kind,
            gtid: false,
            replicas: 0,
            require_tls: false,
            settings: Settings::new(),
            clock_offset: 0,
        }
    }

    /// What kind of server it is made of.
    #[must_use]
    pub fn kind(&self) -> ServerKind {
        self.kind
    }

    /// Replicates by GTID. PostgreSQL knows nothing of it.
    pub fn gtid(mut self, on: bool) -> Self {
        self.gtid = on;
        self
    }

    /// Has this many replicas.
    pub fn replicas(mut self, count: usize) -> Self {
        self.replicas = count;
        self
    }

    /// Refuses TCP connections without TLS.
    pub fn require_tls(mut self, on: bool) -> Self {
        self.require_tls = on;
        self
    }

    /// Sets one line of every server's configuration file.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Lets every server see a clock that goes before (or after, below zero) the machine's by this many seconds.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    fn setup(&self, sandbox: &Sandbox, name: &str) -> crate::ServerSetup {
        let setup = sandbox
            .server(self.kind)
            .name(name)
            .gtid(self.gtid)
            .require_tls(self.require_tls)
            .clock_offset(self.clock_offset);
        self.settings
            .iter()
            .fold(setup, |setup, (name, value)| setup.setting(name, value))
    }
}

/// A primary and its replicas, with the accounts and the database of a small company.
#[derive(Debug)]
pub struct Estate {
    /// The server that is written.
    pub primary: Server,
    /// Its replicas: read-only for MySQL and MariaDB, hot standbys for PostgreSQL.
    pub replicas: Vec<Server>,
    /// The DBA's account: everything.
    pub admin: Login,
    /// The application's account: everything inside its database and nothing outside.
    pub app: Login,
    /// The account that replicas read with.
    pub replicator: Login,
    /// The application's database.
    pub database: String,
}

impl Estate {
    /// Starts an estate and waits until every replica follows.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when this kind of server cannot be had here; otherwise what a server refused.
    pub async fn start(sandbox: &Sandbox, options: EstateOptions) -> Result<Self, SandboxError> {
        match options.kind.engine() {
            Engine::Mysql => mysql::start(sandbox, &options).await,
            Engine::Postgres => postgres::start(sandbox, &options).await,
        }
    }

    /// The primary's address for the DBA.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.primary.url(&self.admin, &self.database)
    }

    /// The primary's address for the application.
    #[must_use]
    pub fn app_url(&self) -> String {
        self.primary.url(&self.app, &self.database)
    }

    /// Runs a statement as the application on the primary and gives its rows.
    ///
    /// # Errors
    /// [`SandboxError::Refused`] with the server's own words.
    pub async fn sql(&self, statement: &str) -> Result<Vec<crate::Row>, SandboxError> {
        self.primary.rows_as(&self.app, &self.database, statement).await
    }
}
