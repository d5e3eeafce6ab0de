//! Opening connections, with the session set so that values mean the same on every server.

use std::time::Duration;

use daybreak_model::{Endpoint, Tls};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};

use super::classify::{failure, trouble};
use super::walsender::{ReplicationStartup, ReplicationTls};
use super::{quote, tls};
use crate::{EngineError, ErrorKind};

/// What our sessions call themselves in `pg_stat_activity`.
pub(crate) const APPLICATION_NAME: &str = "daybreak";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a session may take to be ready, its settings included.
const OPEN_LIMIT: Duration = Duration::from_secs(15);

/// How long a kept connection may take to prove that it is alive.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How long a question may take, its way over the network included: a server that was frozen, or a network that swallows what it
/// is given, answers nothing and closes nothing. Statements are ended by the server before.
const ASK_LIMIT: Duration = Duration::from_secs(40);

/// After how long without an answer to a statement that may take long the server is tried for life, again and again.
const PROBE_EVERY: Duration = Duration::from_secs(30);

/// What a connection is for, which decides how long its statements may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Questions: none may take longer than half a minute.
    Inspect,
    /// Rows: as long as they take.
    Rows,
}

/// One session. Dropping it ends the session at once, whatever it is doing.
pub(crate) struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    server: String,
    /// The process that serves it; 0 where that was not asked.
    pid: i32,
    endpoint: Endpoint,
    /// How long an answer may take; none where it may take as long as it takes.
    limit: Option<Duration>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects and sets the session.
    pub(crate) async fn open(endpoint: &Endpoint, purpose: Purpose) -> Result<Self, EngineError> {
        match timeout(OPEN_LIMIT, Self::open_unbounded(endpoint, purpose)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let what = format!("failed to connect: no answer within {} s", OPEN_LIMIT.as_secs());
                Err(trouble(&endpoint.to_string(), what, ErrorKind::Unreachable, None))
            }
        }
    }

    async fn open_unbounded(endpoint: &Endpoint, purpose: Purpose) -> Result<Self, EngineError> {
        let what = "failed to connect";
        let mut config = settings(endpoint);
        config.application_name(APPLICATION_NAME);
        let server = endpoint.to_string();
        let (client, driver) = if endpoint.tls == Tls::Off {
            let (client, connection) = config
                .connect(NoTls)
                .await
                .map_err(|error| failure(&server, what, error))?;
            (client, drive(&server, connection))
        } else {
            let (client, connection) = config
                .connect(tls::connector(endpoint)?)
                .await
                .map_err(|error| failure(&server, what, error))?;
            (client, drive(&server, connection))
        };
        let mut connection = Self {
            client,
            driver,
            server,
            pid: 0,
            endpoint: endpoint.clone(),
            limit: match purpose {
                Purpose::Inspect => Some(ASK_LIMIT),
                Purpose::Rows => None,
            },
        };
        let limit = match purpose {
            Purpose::Inspect => "30s",
            Purpose::Rows => "0",
        };
        let session = format!(
            "{};\nSET statement_timeout = '{limit}';\nSELECT pg_backend_pid()",
            include_str!("sql/session.sql")
        );
        let pid = connection.value(&session, "failed to set the session").await?;
        connection.pid = pid.and_then(|pid| pid.parse().ok()).unwrap_or(0);
        Ok(connection)
    }

    /// Begins a transaction that sees an exported snapshot, until the connection ends.
    pub(crate) async fn enter_snapshot(&self, name: &str) -> Result<(), EngineError> {
        let begin = format!(
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {}",
            quote::literal(name)
        );
        self.execute(&begin, "failed to enter the snapshot").await
    }

    /// Connects for the replication protocol. Only [`Connection::simple`] works on it.
    pub(crate) async fn open_for_replication(endpoint: &Endpoint) -> Result<Self, EngineError> {
        let what = "failed to connect for replication";
        let mut config = settings(endpoint);
        config.application_name(APPLICATION_NAME);
        let server = endpoint.to_string();
        let lost = |error| failure(&server, what, error);
        let (client, driver) = if endpoint.tls == Tls::Off {
            let address = (endpoint.host.as_str(), endpoint.port);
            let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
                .await
                .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
                .map_err(|error| EngineError {
                    source: Some(Box::new(error)),
                    ..trouble(&server, what, ErrorKind::Unreachable, None)
                })?;
            let stream = ReplicationStartup::new(stream);
            let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(lost)?;
            (client, drive(&server, connection))
        } else {
            let tls = ReplicationTls(tls::connector(endpoint)?);
            let (client, connection) = config.connect(tls).await.map_err(lost)?;
            (client, drive(&server, connection))
        };
        Ok(Self {
            client,
            driver,
            server,
            pid: 0,
            endpoint: endpoint.clone(),
            limit: None,
        })
    }

    /// Label and address of the server, for messages.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The server's process of it.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the server answers on it within moments.
    pub(crate) async fn answers(&self) -> bool {
        matches!(
            timeout(ANSWER_LIMIT, self.client.batch_execute("")).await,
            Ok(Ok(()))
        )
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs one or more statements in one round trip; their rows are ignored.
    pub(crate) async fn execute(&self, sql: &str, what: impl Into<String>) -> Result<(), EngineError> {
        self.answer(what, self.client.batch_execute(sql)).await
    }

    /// What a statement comes to, in the time that it has, or while the server lives.
    async fn answer<T>(
        &self,
        what: impl Into<String>,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, EngineError> {
        tokio::pin!(asked);
        loop {
            if let Ok(answer) = timeout(self.limit.unwrap_or(PROBE_EVERY), &mut asked).await {
                return answer.map_err(|error| failure(&self.server, what, error));
            }
            if let Some(limit) = self.limit {
                let what = format!("{}: no answer within {} s", what.into(), limit.as_secs());
                return Err(trouble(&self.server, what, ErrorKind::Unreachable, None));
            }
            // Who refuses a connection lives.
            match Box::pin(Self::open(&self.endpoint, Purpose::Inspect)).await {
                Err(error) if error.code.is_none() => {
                    let what = format!("{}: no answer, nor to a new connection", what.into());
                    return Err(EngineError { what, ..error });
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Runs one or more statements in one round trip and returns all their rows, every value as text.
    pub(crate) async fn simple(
        &self,
        sql: &str,
        what: impl Into<String>,
    ) -> Result<Vec<SimpleQueryRow>, EngineError> {
        let messages = self.answer(what, self.client.simple_query(sql)).await?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            })
            .collect())
    }

    /// The only value of the only row, as text.
    pub(crate) async fn value(
        &self,
        sql: &str,
        what: impl Into<String>,
    ) -> Result<Option<String>, EngineError> {
        let rows = self.simple(sql, what).await?;
        Ok(rows.last().and_then(|row| row.get(0)).map(str::to_owned))
    }
}

fn settings(endpoint: &Endpoint) -> Config {
    let mut config = Config::new();
    config
        .host(&endpoint.host)
        .port(endpoint.port)
        .user(&endpoint.user)
        .password(endpoint.password.expose())
        .connect_timeout(CONNECT_TIMEOUT)
        .keepalives_idle(Duration::from_secs(15))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3)
        .tcp_user_timeout(Duration::from_secs(30))
        .ssl_mode(match endpoint.tls {
            Tls::Off => SslMode::Disable,
            Tls::Verify { .. } | Tls::Require => SslMode::Require,
        });
    if let Some(database) = &endpoint.database {
        config.dbname(database);
    }
    debug_assert!(
        matches!(config.get_hosts(), [Host::Tcp(_)]),
        "endpoints are reached by TCP"
    );
    config
}

/// Lets a connection do its reading and writing until it ends.
fn drive<S, T>(server: &str, connection: tokio_postgres::Connection<S, T>) -> JoinHandle<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let server = server.to_owned();
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%server, %error, "connection ended");
        }
    })
}
