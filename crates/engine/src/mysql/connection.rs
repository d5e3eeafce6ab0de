//! One server: connecting to it, and the connections kept warm between questions.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use daybreak_model::{Endpoint, Flavor, Hosting, Product, Tls, Version};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{ClientIdentity, Conn, OptsBuilder, Row, SslOpts};
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::classify;
use super::session::{self, Purpose};
use crate::certificates;
use crate::{EngineError, ErrorKind};

/// What our connections call themselves, so that they are told from the applications'.
pub(crate) const PROGRAM: &str = "daybreak";
/// How long a connection may take to come up.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a question may take, including its way over the network.
pub(crate) const ASK_LIMIT: Duration = Duration::from_secs(session::INSPECT_SECONDS as u64 + 5);
/// After how long unused a kept connection is tried before it is trusted.
const TRY_AFTER: Duration = Duration::from_secs(1);
/// After how long without an answer to a statement that may take long the server is tried for life, again and again.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// How many connections are kept.
const KEEP: usize = 4;
/// A server and what is known of it. Connections are owned by whoever uses them: one whose user was cancelled is
/// dropped, never used again.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    name: String,
    flavor: OnceCell<Flavor>,
    authorities: OnceCell<Vec<CertificateDer<'static>>>,
    idle: Mutex<Vec<(Conn, Instant)>>,
    /// The connection that was told to set the server read-only and has not answered.
    fencing: Mutex<Option<u32>>,
}

impl Server {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            name: endpoint.to_string(),
            endpoint,
            flavor: OnceCell::new(),
            authorities: OnceCell::new(),
            idle: Mutex::new(Vec::new()),
            fencing: Mutex::new(None),
        }
    }

    /// Label and address, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// An error of this server from a driver error.
    pub(crate) fn failed(&self, what: impl Into<String>, error: mysql_async::Error) -> EngineError {
        classify::failed(&self.name, what, error)
    }

    /// An error of this server that no statement returned.
    pub(crate) fn error(&self, kind: ErrorKind, what: impl Into<String>) -> EngineError {
        EngineError {
            server: self.name.clone(),
            what: what.into(),
            kind,
            code: None,
            hint: None,
            source: None,
        }
    }

    /// What the server runs; asked once.
    pub(crate) async fn flavor(&self) -> Result<&Flavor, EngineError> {
        self.flavor
            .get_or_try_init(|| async {
                let mut conn = self.raw().await?;
                let flavor = self.detect_flavor(&mut conn).await?;
                drop(conn.disconnect().await);
                Ok(flavor)
            })
            .await
    }

    /// What the server runs, if it was asked already.
    pub(crate) fn known_flavor(&self) -> Option<&Flavor> {
        self.flavor.get()
    }

    /// What it runs, or MySQL 8.4 on the company's own machine while it was not asked.
    pub(crate) fn presumed_flavor(&self) -> Flavor {
        self.known_flavor().cloned().unwrap_or(Flavor {
            product: Product::Mysql,
            version: Version::new(8, 4, 0),
            hosting: Hosting::SelfManaged,
        })
    }

    /// A connection of its own, set up for its purpose.
    pub(crate) async fn connect(&self, purpose: Purpose) -> Result<Conn, EngineError> {
        let flavor = self.flavor().await?;
        let mut conn = self.raw().await?;
        let set_up = async {
            conn.query_drop(session::setup(purpose, flavor)).await?;
            for wish in session::wishes(purpose) {
                match conn.query_drop(*wish).await {
                    Err(error) if classify::code(&error).is_none() => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
            Ok(())
        };
        match timeout(CONNECT_LIMIT, set_up).await {
            Ok(Ok(())) => Ok(conn),
            Ok(Err(error)) => Err(self.failed("failed to set up a session", error)),
            Err(_) => Err(self.error(
                ErrorKind::Unreachable,
                "no answer within 10 s to the session's settings",
            )),
        }
    }

    /// A connection without settings, for another account.
    pub(crate) async fn connect_bare(&self) -> Result<Conn, EngineError> {
        self.raw().await
    }

    /// A connection without settings.
    async fn raw(&self) -> Result<Conn, EngineError> {
        let what = format!("failed to connect as `{}`", self.endpoint.user);
        match timeout(CONNECT_LIMIT, Conn::new(self.options().await?)).await {
            Ok(Ok(conn)) => Ok(conn),
            Ok(Err(error)) => {
                let mut error = self.failed(what, error);
                if error.kind == ErrorKind::ConnectionLost {
                    error.kind = ErrorKind::Unreachable;
                }
                Err(error)
            }
            Err(_) => Err(self.error(ErrorKind::Unreachable, format!("{what}: no answer within 10 s"))),
        }
    }

    async fn options(&self) -> Result<OptsBuilder, EngineError> {
        let endpoint = &self.endpoint;
        let tls = match &endpoint.tls {
            Tls::Off => None,
            Tls::Require => Some(
                SslOpts::default()
                    .with_danger_accept_invalid_certs(true)
                    .with_danger_skip_domain_validation(true),
            ),
            Tls::Verify { ca } => {
                let read = || async { certificates::authorities(endpoint, ca.as_deref()) };
                let authorities = self.authorities.get_or_try_init(read).await?;
                let buffers = authorities.iter().map(|der| der.to_vec().into()).collect();
                Some(SslOpts::default().with_root_certs(buffers))
            }
        };
        // Read here once, for the driver does not say which file was wrong.
        let identity = certificates::identity(endpoint)?.is_some();
        let tls = tls.map(|tls| match &endpoint.certificate {
            Some(files) if identity => tls.with_client_identity(Some(ClientIdentity::new(
                files.chain.clone().into(),
                files.key.clone().into(),
            ))),
            _ => tls,
        });
        if tls.is_some() {
            // The driver asks for the process-wide provider; whoever installed one before keeps it.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        Ok(OptsBuilder::default()
            .ip_or_hostname(endpoint.host.clone())
            .tcp_port(endpoint.port)
            .user(Some(endpoint.user.clone()))
            .pass(Some(endpoint.password.expose().to_owned()))
            .db_name(None::<String>)
            .prefer_socket(false)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            .max_allowed_packet(Some(1 << 30))
            .wait_timeout(Some(28_800))
            .stmt_cache_size(0)
            .connect_attribute("program_name", PROGRAM)
            .ssl_opts(tls))
    }

    /// A warm connection for questions. Give it back with [`Server::keep`] only after complete success.
    pub(crate) async fn borrow(&self) -> Result<Conn, EngineError> {
        loop {
            let kept = self.idle.lock().expect("no holder of this lock panics").pop();
            let Some((mut conn, since)) = kept else {
                return self.connect(Purpose::Ask).await;
            };
            if since.elapsed() < TRY_AFTER {
                return Ok(conn);
            }
            if let Ok(Ok(())) = timeout(Duration::from_secs(2), conn.ping()).await {
                return Ok(conn);
            }
        }
    }

    /// Keeps a connection for the next question.
    pub(crate) fn keep(&self, conn: Conn) {
        let mut idle = self.idle.lock().expect("no holder of this lock panics");
        if idle.len() < KEEP {
            idle.push((conn, Instant::now()));
        }
    }

    /// Opens connections until `count` are kept, so that the next questions need not connect.
    pub(crate) async fn warm_up(&self, count: usize) -> Result<(), EngineError> {
        let mut conns = Vec::new();
        for _ in 0..count {
            conns.push(self.borrow().await?);
        }
        conns.into_iter().for_each(|conn| self.keep(conn));
        Ok(())
    }

    /// The rows a question answers with. A kept connection that turns out dead is replaced once.
    pub(crate) async fn rows<T>(&self, what: &str, sql: &str) -> Result<Vec<T>, EngineError>
    where
        T: FromRow + Send + 'static,
    {
        let mut conn = self.borrow().await?;
        let rows = match self.rows_on(&mut conn, what, sql).await {
            Err(error) if error.kind == ErrorKind::ConnectionLost => {
                conn = self.connect(Purpose::Ask).await?;
                self.rows_on(&mut conn, what, sql).await?
            }
            other => other?,
        };
        self.keep(conn);
        Ok(rows)
    }

    /// The rows a question answers with, on a connection of the caller's.
    pub(crate) async fn rows_on<T>(
        &self,
        conn: &mut Conn,
        what: &str,
        sql: &str,
    ) -> Result<Vec<T>, EngineError>
    where
        T: FromRow + Send + 'static,
    {
        let rows: Vec<Row> = match timeout(ASK_LIMIT, conn.query(sql)).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => return Err(self.failed(what, error)),
            Err(_) => {
                return Err(self.error(ErrorKind::Interrupted, format!("{what}: no answer in time")));
            }
        };
        rows.into_iter()
            .map(|row| {
                T::from_row_opt(row).map_err(|error| {
                    self.error(
                        ErrorKind::Other,
                        format!("{what}: the answer is not as expected ({error})"),
                    )
                })
            })
            .collect()
    }

    /// The one row a question answers with.
    pub(crate) async fn row<T>(&self, what: &str, sql: &str) -> Result<T, EngineError>
    where
        T: FromRow + Send + 'static,
    {
        let first = self.rows(what, sql).await?.into_iter().next();
        first.ok_or_else(|| self.error(ErrorKind::Other, format!("{what}: the server answered nothing")))
    }

    /// Runs the statement that sets the server read-only. Unanswered, it may still be on its way: it is remembered until
    /// [`Server::forget_fencing`] has ended the connection that carries it.
    pub(crate) async fn run_fence(&self, what: &str, sql: &str) -> Result<(), EngineError> {
        let conn = self.borrow().await?;
        *self.fencing() = Some(conn.id());
        let outcome = self.run_on(conn, what, sql).await;
        if outcome
            .as_ref()
            .map_or_else(|error| error.code.is_some(), |()| true)
        {
            *self.fencing() = None;
        }
        outcome
    }

    /// The same for a session that is made ready for its statement, and closed after it.
    pub(crate) async fn fencing_on(
        &self,
        mut conn: Conn,
        run: impl AsyncFnOnce(&mut Conn) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        *self.fencing() = Some(conn.id());
        let outcome = run(&mut conn).await;
        if outcome
            .as_ref()
            .map_or_else(|error| error.code.is_some(), |()| true)
        {
            *self.fencing() = None;
        }
        drop(conn.disconnect().await);
        outcome
    }

    /// What a statement comes to that may take as long as it takes, while the server lives: one that was frozen, or a network that
    /// swallows what it is given, answers nothing and closes nothing.
    pub(crate) async fn while_it_lives<T>(
        &self,
        what: &str,
        asked: impl Future<Output = Result<T, mysql_async::Error>>,
    ) -> Result<T, EngineError> {
        tokio::pin!(asked);
        loop {
            if let Ok(answer) = timeout(PROBE_EVERY, &mut asked).await {
                return answer.map_err(|error| self.failed(what, error));
            }
            match self.raw().await {
                Ok(conn) => drop(conn.disconnect().await),
                // Who refuses a connection lives.
                Err(error) if error.code.is_some() => {}
                Err(error) => {
                    let what = format!("{what}: no answer, nor to a new connection");
                    return Err(EngineError { what, ..error });
                }
            }
        }
    }

    /// Makes sure that no read-only that was asked for earlier arrives after this.
    pub(crate) async fn forget_fencing(&self) -> Result<(), EngineError> {
        let Some(id) = *self.fencing() else {
            return Ok(());
        };
        self.kill(&[u64::from(id)]).await?;
        *self.fencing() = None;
        Ok(())
    }

    fn fencing(&self) -> MutexGuard<'_, Option<u32>> {
        self.fencing.lock().expect("no holder of this lock panics")
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, what: &str, sql: &str) -> Result<(), EngineError> {
        let conn = self.borrow().await?;
        self.run_on(conn, what, sql).await
    }

    async fn run_on(&self, mut conn: Conn, what: &str, sql: &str) -> Result<(), EngineError> {
        match timeout(ASK_LIMIT, conn.query_drop(sql)).await {
            Ok(Ok(())) => {
                self.keep(conn);
                Ok(())
            }
            Ok(Err(error)) => {
                if classify::code(&error).is_some() {
                    self.keep(conn);
                }
                Err(self.failed(what, error))
            }
            Err(_) => Err(self.error(ErrorKind::Interrupted, format!("{what}: no answer in time"))),
        }
    }
}
