use std::path::Path;
use std::time::Duration;

use daybreak_engine::database;
use daybreak_model::Endpoint;
use daybreak_sandbox::{Engine, Estate, EstateOptions, Sandbox, Server, ServerKind};

use super::tables::{self, Case};
use super::{Contender, pt_table_checksum, reladiff};
use crate::exit::Trouble;

/// Which servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Mysql,
    MariaDb,
    Postgres,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::MariaDb => "mariadb",
            Self::Postgres => "postgres",
        }
    }
}

/// What the servers are set to, beyond what the sandbox sets: room enough that the disk decides nothing.
const MYSQL: [(&str, &str); 4] = [
    // Without it the application's account, which is no superuser, can make no trigger while the binary log is on (1419).
    ("log_bin_trust_function_creators", "ON"),
    ("innodb_buffer_pool_size", "512M"),
    ("innodb_flush_log_at_trx_commit", "2"),
    ("sync_binlog", "0"),
];
const POSTGRES: [(&str, &str); 3] = [
    ("shared_buffers", "256MB"),
    ("max_wal_size", "8GB"),
    ("synchronous_commit", "off"),
];

/// How long a follower may take to have all rows of a case.
const FOLLOWING: Duration = Duration::from_secs(1800);

/// A primary and two servers that follow it: its replica, and one that stands for the target.
pub(super) struct Ground {
    pub(super) kind: Kind,
    pub(super) sandbox: Sandbox,
    pub(super) estate: Estate,
    /// A folder of ours: option files with peers' passwords, and what is written on the way.
    pub(super) scratch: tempfile::TempDir,
}

impl Ground {
    pub(super) async fn start(sandbox: &Sandbox, kind: Kind) -> Result<Self, Trouble> {
        let options = match kind {
            Kind::Mysql => EstateOptions::new(ServerKind::Mysql97).gtid(true),
            // What pt-table-checksum asks for.
            Kind::MariaDb => {
                EstateOptions::new(ServerKind::MariaDb1011).setting("binlog_format", "STATEMENT")
            }
            Kind::Postgres => EstateOptions::new(ServerKind::Postgres(17)),
        };
        let settings: &[(&str, &str)] = match kind {
            Kind::Mysql | Kind::MariaDb => &MYSQL,
            Kind::Postgres => &POSTGRES,
        };
        let options = settings
            .iter()
            .fold(options, |options, (name, value)| options.setting(name, value));
        Ok(Self {
            kind,
            sandbox: sandbox.clone(),
            estate: Estate::start(sandbox, options.replicas(2)).await?,
            scratch: tempfile::tempdir()?,
        })
    }

    /// All three, the primary first.
    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.estate.primary).chain(&self.estate.replicas)
    }

    /// A server's address for the DBA's account, with the password.
    pub(super) fn url(&self, server: &Server) -> String {
        let database = match self.kind {
            Kind::Mysql | Kind::MariaDb => "bench",
            Kind::Postgres => &self.estate.database,
        };
        server.url(&self.estate.admin, database)
    }

    pub(super) fn endpoint(&self, server: &Server) -> Result<Endpoint, Trouble> {
        Endpoint::parse("server", &format!("{}?tls=off", self.url(server))).map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, Some(hint))
        })
    }

    pub(super) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Makes the case's tables on the primary, in place of those of the case before, and waits until all have them.
    pub(super) async fn fill(&self, case: &Case) -> Result<(), Trouble> {
        let primary = &self.estate.primary;
        let run = async |statement: &str| match primary.kind().engine() {
            Engine::Mysql => primary.rows(statement).await,
            Engine::Postgres => primary.rows_in(&self.estate.database, statement).await,
        };
        for statement in tables::statements(self.kind, case, self.estate.admin.name()) {
            run(&statement).await?;
        }
        let target = self.endpoint(primary)?;
        let position = database(target).position().await?;
        for server in &self.estate.replicas {
            let follower = database(self.endpoint(server)?);
            let begun = std::time::Instant::now();
            while !follower.following().await?.applied.covers(&position) {
                if begun.elapsed() > FOLLOWING {
                    return Err(anyhow::anyhow!("{} does not catch up", follower.endpoint()).into());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Fetches a peer where it is not there yet, and gives it what it needs, so that the time this takes is not measured.
    pub(super) async fn prepare(&self, peer: Contender) -> Result<(), Trouble> {
        let Some(tool) = peer.tool() else { return Ok(()) };
        self.sandbox.tool(tool).await?;
        match peer {
            Contender::PtTableChecksum => pt_table_checksum::prepare(self),
            Contender::Reladiff => reladiff::prepare(self).await,
            Contender::Ours | Contender::Limit => Ok(()),
        }
    }
}
