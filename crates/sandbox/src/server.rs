//! One server.

mod ask;
mod life;

pub(crate) use ask::Refusal;
pub use ask::Row;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{self, OtherClock};
use crate::fetch::Binaries;
use crate::kind::{Engine, ServerKind};
use crate::login::Login;
use crate::port::Port;
use crate::postgres;
use crate::process::Process;
use crate::program::last_lines;
use crate::sandbox::Ground;
use crate::setup::Settings;
use crate::tls::ServerTls;

/// A real MySQL, MariaDB or PostgreSQL server on 127.0.0.1. Dropping it ends it and removes all it had.
#[derive(Debug)]
pub struct Server {
    // First, so that the process has ended before its folders go.
    pub(crate) process: Mutex<Option<Arc<Process>>>,
    pub(crate) name: String,
    pub(crate) kind: ServerKind,
    pub(crate) binaries: Binaries,
    /// Socket, configuration, log.
    pub(crate) folder: PathBuf,
    pub(crate) tls: ServerTls,
    pub(crate) require_tls: Mutex<bool>,
    pub(crate) data: Mutex<PathBuf>,
    pub(crate) port: Port,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) superuser: &'static str,
    /// The time it sees, if that is not ours.
    pub(crate) clock: Option<OtherClock>,
    /// Keeps the run's folder for as long as a server lives.
    pub(crate) _ground: Arc<Ground>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its product and release line.
    #[must_use]
    pub fn kind(&self) -> ServerKind {
        self.kind
    }

    /// Its port on 127.0.0.1. It stays the same over restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Its local socket: for MySQL the socket's path, for PostgreSQL the folder it lies in.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        match self.kind.engine() {
            Engine::Mysql => self.folder.join("socket"),
            Engine::Postgres => self.folder.clone(),
        }
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        lock(&self.data).clone()
    }

    /// The address of a database for this account over TCP, password included: `mysql://app:secret@127.0.0.1:20123/shop`.
    #[must_use]
    pub fn url(&self, login: &Login, database: &str) -> String {
        address(self.kind.engine(), self.port(), login, database)
    }

    /// Its address on the loopback interface.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()))
    }

    /// As [`Server::url`], by way of another port of 127.0.0.1: that of a [`Wire`](crate::Wire) or a proxy in front of it.
    #[must_use]
    pub fn url_through(&self, port: u16, login: &Login, database: &str) -> String {
        address(self.kind.engine(), port, login, database)
    }

    /// The address of the superuser's own way in, over the local socket and without a password.
    ///
    /// It is for tests that look behind the curtain; on a stand-in, Aurora's customers have nothing like it.
    #[must_use]
    pub fn root_url(&self, database: &str) -> String {
        let socket: String =
            url::form_urlencoded::byte_serialize(self.socket().to_string_lossy().as_bytes()).collect();
        match self.kind.engine() {
            Engine::Mysql => format!("mysql://{}@localhost/{database}?socket={socket}", self.superuser),
            Engine::Postgres => {
                format!(
                    "postgresql://{}@{socket}:{}/{database}",
                    self.superuser,
                    self.port()
                )
            }
        }
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&bytes), lines)
    }

    /// Whether its process runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        lock(&self.process).as_ref().is_some_and(|process| process.runs())
    }

    /// The id of its process, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        lock(&self.process).as_ref().and_then(|process| process.pid())
    }

    /// Sets one line of its configuration file. It counts from the next start.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.settings).insert(name.to_owned(), value.to_owned());
    }

    /// Refuses TCP connections without TLS, or not. It counts from the next start.
    pub fn set_require_tls(&self, on: bool) {
        *lock(&self.require_tls) = on;
    }

    /// Tidies up after a process that saw another clock.
    pub(crate) fn forget_clock(&self, pid: Option<u32>) {
        if let (Some(_), Some(pid)) = (&self.clock, pid) {
            clock::forget(pid);
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Its configuration as it is to be at the next start.
    pub(crate) fn current_settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    /// Whether TCP connections must use TLS from the next start on.
    pub(crate) fn tls_required(&self) -> bool {
        *lock(&self.require_tls)
    }

    /// Exchanges the data directories of two servers that do not run.
    pub(crate) fn swap_data(&self, other: &Self) {
        assert!(
            !self.runs() && !other.runs(),
            "data directories are exchanged while nobody serves from them"
        );
        let (mut ours, mut theirs) = (lock(&self.data), lock(&other.data));
        std::mem::swap(&mut *ours, &mut *theirs);
        // A MySQL server skips events that carry its own id: the id goes with the log.
        let (mut ours, mut theirs) = (lock(&self.settings), lock(&other.settings));
        if let (Some(ours), Some(theirs)) = (ours.get_mut("server_id"), theirs.get_mut("server_id")) {
            std::mem::swap(ours, theirs);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end_now();
        let data = self.data_dir();
        if self.kind.engine() == Engine::Postgres {
            postgres::release_shared_memory(&data);
        }
        let _ = fs::remove_dir_all(&data);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The address of a database over TCP.
pub(crate) fn address(engine: Engine, port: u16, login: &Login, database: &str) -> String {
    let scheme = match engine {
        Engine::Mysql => "mysql",
        Engine::Postgres => "postgresql",
    };
    let mut url = url::Url::parse(&format!("{scheme}://127.0.0.1:{port}/{database}"))
        .expect("a scheme, an address and a port make a URL");
    url.set_username(login.name()).expect("such a URL takes a user");
    url.set_password(Some(login.password()))
        .expect("such a URL takes a password");
    url.into()
}

/// The path as a configuration file has it.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}
