//! Two real servers, a gate in front of them, and what the gate asks of them.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use daybreak_sandbox::{Engine, Login, Sandbox, Server, ServerKind, available};
use daybreak_traffic::{
    Gate, GateHandle, GateSettings, GateStatus, HoldLimits, Protocol, SessionView, Side, Stragglers,
    ViewError, WriterView,
};

use crate::application::{Access, Application};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Ground {
    // In the order in which they must go: the gate before its servers.
    pub(crate) gate: Option<Gate>,
    pub(crate) source: Arc<Server>,
    pub(crate) target: Arc<Server>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) folder: tempfile::TempDir,
    login: Login,
    sandbox: Sandbox,
}

impl Ground {
    /// Servers of this kind and a gate that leads to the source; nothing where the servers cannot be had.
    pub(crate) async fn new(kind: ServerKind) -> Option<Self> {
        Self::with(kind, &[]).await
    }

    /// The same, with settings of the servers' own.
    pub(crate) async fn with(kind: ServerKind, settings: &[(&str, &str)]) -> Option<Self> {
        let sandbox = Sandbox::open_with(|notice| eprintln!("{notice}")).unwrap();
        let login = Login::random("app");
        let mut servers = Vec::new();
        for side in [Side::Source, Side::Target] {
            let mut setup = sandbox.server(kind).name(&side.to_string());
            for (name, value) in settings {
                setup = setup.setting(name, value);
            }
            let server = available(setup.start().await)?;
            furnish(&server, side, &login).await;
            servers.push(Arc::new(server));
        }
        let target = servers.pop()?;
        let source = servers.pop()?;
        let folder = tempfile::tempdir().unwrap();
        let writer = Arc::new(Writer::new(Side::Source));
        let mut ground = Self {
            gate: None,
            source,
            target,
            writer,
            folder,
            login,
            sandbox,
        };
        ground.start_gate(true).await;
        Some(ground)
    }

    pub(crate) fn engine(&self) -> Engine {
        self.source.kind().engine()
    }

    pub(crate) fn settings(&self) -> GateSettings {
        let protocol = match self.engine() {
            Engine::Mysql => Protocol::MySql,
            Engine::Postgres => Protocol::Postgres,
        };
        let address = |server: &Server| format!("127.0.0.1:{}", server.port());
        GateSettings::new(
            protocol,
            vec!["127.0.0.1:0".parse().unwrap()],
            address(&self.source),
            address(&self.target),
            self.side_file(),
        )
    }

    pub(crate) fn side_file(&self) -> PathBuf {
        self.folder.path().join("gate.side")
    }

    /// Starts a gate, in the place of the one there was.
    pub(crate) async fn start_gate(&mut self, sees_sessions: bool) {
        self.gate = None;
        let sessions: Option<Arc<dyn SessionView>> = sees_sessions.then(|| {
            let [source, target] = [&self.source, &self.target].map(Arc::clone);
            Arc::new(Sessions { source, target }) as Arc<dyn SessionView>
        });
        let writer = Arc::clone(&self.writer) as Arc<dyn WriterView>;
        self.gate = Some(Gate::start(self.settings(), writer, sessions).await.unwrap());
    }

    pub(crate) fn handle(&self) -> GateHandle {
        self.gate.as_ref().unwrap().handle()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gate.as_ref().unwrap().addresses()[0]
    }

    pub(crate) fn access(&self) -> Access {
        Access {
            engine: self.engine(),
            login: self.login.clone(),
            port: self.address().port(),
            tls: None,
        }
    }

    pub(crate) async fn tls_access(&self) -> Access {
        let authority = self.sandbox.certificate_authority().await.unwrap();
        Access {
            tls: Some(authority),
            ..self.access()
        }
    }

    pub(crate) async fn connect(&self) -> Application {
        self.access().connect().await.unwrap()
    }

    pub(crate) fn server(&self, side: Side) -> &Server {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// The notes that a side holds.
    pub(crate) async fn notes(&self, side: Side) -> Vec<String> {
        notes(self.server(side)).await
    }

    /// Waits until the gate's status is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&GateStatus) -> bool) -> GateStatus {
        let handle = self.handle();
        let waiting = async {
            loop {
                let status = handle.status().await.unwrap();
                if wanted(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(status) => status,
            Err(_) => panic!("{what} did not come: {:?}", handle.status().await),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }
}

/// Bounds that no test runs into by accident.
pub(crate) fn ample() -> HoldLimits {
    HoldLimits {
        deadline: PATIENCE,
        drain: PATIENCE - Duration::from_secs(1),
        stragglers: Stragglers::Close,
    }
}

pub(crate) async fn notes(server: &Server) -> Vec<String> {
    let rows = match server.kind().engine() {
        Engine::Mysql => server.rows("SELECT note FROM shop.notes ORDER BY note").await,
        Engine::Postgres => {
            server
                .rows_in("shop", "SELECT note FROM notes ORDER BY note")
                .await
        }
    };
    rows.unwrap()
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

async fn furnish(server: &Server, side: Side, login: &Login) {
    let (name, password) = (login.name(), login.password());
    let statements = match server.kind().engine() {
        Engine::Mysql => vec![
            "CREATE DATABASE shop".to_owned(),
            "CREATE TABLE shop.side (name VARCHAR(10) PRIMARY KEY)".to_owned(),
            format!("INSERT INTO shop.side VALUES ('{side}')"),
            "CREATE TABLE shop.notes (note VARCHAR(100) PRIMARY KEY) ENGINE=InnoDB".to_owned(),
            "CREATE TABLE shop.big (id INT PRIMARY KEY, body LONGTEXT) ENGINE=InnoDB".to_owned(),
            format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'"),
            format!("GRANT ALL ON shop.* TO '{name}'@'%'"),
        ],
        Engine::Postgres => {
            server
                .rows(&format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"))
                .await
                .unwrap();
            server.rows("CREATE DATABASE shop").await.unwrap();
            vec![
                "CREATE TABLE side (name TEXT PRIMARY KEY)".to_owned(),
                format!("INSERT INTO side VALUES ('{side}')"),
                "CREATE TABLE notes (note TEXT PRIMARY KEY)".to_owned(),
                "CREATE TABLE big (id INT PRIMARY KEY, body TEXT)".to_owned(),
                format!("GRANT ALL ON side, notes, big TO {name}"),
            ]
        }
    };
    for statement in statements {
        match server.kind().engine() {
            Engine::Mysql => server.rows(&statement).await.unwrap(),
            Engine::Postgres => server.rows_in("shop", &statement).await.unwrap(),
        };
    }
}

/// Which side may be written, as the test has it.
pub(crate) struct Writer {
    answer: Mutex<Answer>,
    /// How often the gate has asked.
    asked: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Side(Option<Side>),
    Fails,
    NeverComes,
}

impl Writer {
    fn new(side: Side) -> Self {
        Self {
            answer: Mutex::new(Answer::Side(Some(side))),
            asked: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set(&self, side: Option<Side>) {
        *self.answer.lock().unwrap() = Answer::Side(side);
    }

    pub(crate) fn fail(&self) {
        *self.answer.lock().unwrap() = Answer::Fails;
    }

    pub(crate) fn hang(&self) {
        *self.answer.lock().unwrap() = Answer::NeverComes;
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl WriterView for Writer {
    async fn writable(&self, _pointed: Side) -> Result<Option<Side>, ViewError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = *self.answer.lock().unwrap();
        match answer {
            Answer::Side(side) => Ok(side),
            Answer::Fails => Err("no server answers".into()),
            Answer::NeverComes => std::future::pending().await,
        }
    }
}

/// The servers' own session lists.
struct Sessions {
    source: Arc<Server>,
    target: Arc<Server>,
}

#[async_trait]
impl SessionView for Sessions {
    async fn in_transaction(&self, side: Side, local_ports: &[u16]) -> Result<HashSet<u16>, ViewError> {
        let server = match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        };
        let question = match server.kind().engine() {
            Engine::Mysql => {
                "SELECT SUBSTRING_INDEX(p.host, ':', -1)
                 FROM performance_schema.processlist p
                 JOIN performance_schema.threads t ON t.processlist_id = p.id
                 LEFT JOIN performance_schema.events_transactions_current x
                        ON x.thread_id = t.thread_id AND x.state = 'ACTIVE'
                 WHERE x.thread_id IS NOT NULL OR p.command NOT IN ('Sleep', 'Connect')"
            }
            Engine::Postgres => {
                "SELECT client_port::text FROM pg_stat_activity WHERE state <> 'idle' AND client_port > 0"
            }
        };
        let rows = server.rows(question).await?;
        let ports = rows.into_iter().filter_map(|row| row[0].as_ref()?.parse().ok());
        Ok(ports.filter(|port| local_ports.contains(port)).collect())
    }
}
