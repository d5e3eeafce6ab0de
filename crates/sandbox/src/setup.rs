//! What a server is to be like, before it starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::SandboxError;
use crate::clock::OtherClock;
use crate::kind::{Engine, ServerKind};
use crate::port::Port;
use crate::run::{data_name, private_folder};
use crate::sandbox::{Sandbox, blocking};
use crate::server::Server;
use crate::template::{self, Beginning};
use crate::{mysql, postgres};

/// The settings of a configuration file, by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// A server that has not been started yet.
#[derive(Debug, Clone)]
#[must_use = "a server exists once it is started"]
pub struct ServerSetup {
    sandbox: Sandbox,
    kind: ServerKind,
    name: Option<String>,
    beginning: Beginning,
    gtid: bool,
    require_tls: bool,
    settings: Settings,
    data_folder: Option<PathBuf>,
    copy_of: Option<PathBuf>,
    clock_offset: i64,
}

impl ServerSetup {
    pub(crate) fn new(sandbox: Sandbox, kind: ServerKind) -> Self {
        let superuser = match kind.engine() {
            Engine::Mysql => "root",
            Engine::Postgres => "postgres",
        };
        Self {
            sandbox,
            kind,
            name: None,
            beginning: Beginning {
                superuser,
                statements: Vec::new(),
            },
            gtid: false,
            require_tls: false,
            settings: Settings::new(),
            data_folder: None,
            copy_of: None,
            clock_offset: 0,
        }
    }

    /// Names it in messages and in its folder. Default: the kind and a number.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Turns GTID replication on or off (default off). MariaDB has its own GTID always, PostgreSQL has none.
    pub fn gtid(mut self, on: bool) -> Self {
        self.gtid = on;
        self
    }

    /// Refuses connections over TCP without TLS (default: TLS is offered). MySQL 5.6 here has none.
    pub fn require_tls(mut self, on: bool) -> Self {
        self.require_tls = on;
        self
    }

    /// Sets one line of the server's configuration file, over what the sandbox would put there.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Puts the data directory under this folder, such as a small file system of a test's own for a full disk.
    pub fn data_dir_on(mut self, folder: &Path) -> Self {
        self.data_folder = Some(folder.to_owned());
        self
    }

    /// Lets it see a clock that goes before (or after, below zero) the machine's by this many seconds.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// What its data directory is initialised with.
    pub(crate) fn beginning(mut self, superuser: &'static str, statements: Vec<String>) -> Self {
        self.beginning = Beginning {
            superuser,
            statements,
        };
        self
    }

    /// Starts from a copy of this data directory, of a server that does not run.
    pub(crate) fn copy_of(mut self, data: &Path) -> Self {
        self.copy_of = Some(data.to_owned());
        self
    }

    /// Fetches the server if need be, initialises its data directory, starts it and waits until it answers.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when this kind cannot be had here; [`SandboxError::Server`] with the end of its log when it
    /// does not come up.
    pub async fn start(self) -> Result<Server, SandboxError> {
        let server = self.prepare().await?;
        server.start().await?;
        Ok(server)
    }

    /// All of [`ServerSetup::start`] but the start.
    pub(crate) async fn prepare(self) -> Result<Server, SandboxError> {
        let binaries = self.sandbox.binaries(self.kind).await?;
        let ground = &self.sandbox.ground;
        let number = ground.run.next_number();
        let name = self.name.unwrap_or_else(|| self.kind.slug());
        let folder = ground.run.private_folder(&format!("{number}-{name}"))?;
        let data = match &self.data_folder {
            None => ground.run.private_folder(&format!("{number}-{name}.data"))?,
            Some(place) => private_folder(&place.join(data_name(Path::new(&ground.run.id()), &folder)))?,
        };
        match self.copy_of {
            None => self.sandbox.initialise(&binaries, &self.beginning, &data).await?,
            Some(original) => {
                let to = data.clone();
                blocking(move || template::copy(&original, &to)).await?;
            }
        }
        let port = Port::take(&ground.cache)?;
        let tls = self.sandbox.tls(Some(&binaries)).await?.install(&folder)?;
        let clock = match self.clock_offset {
            0 => None,
            seconds => Some(OtherClock {
                library: self.sandbox.other_clock().await?,
                seconds,
            }),
        };
        let mut settings = match self.kind.engine() {
            Engine::Mysql => mysql::settings(self.kind, self.gtid, number),
            Engine::Postgres => postgres::settings(self.kind),
        };
        settings.extend(self.settings);
        if self.require_tls && self.kind == ServerKind::Mysql56 {
            return Err(SandboxError::NotPossible(
                "this build of MySQL 5.6 has no TLS to require".into(),
            ));
        }
        Ok(Server {
            name,
            kind: self.kind,
            binaries,
            folder,
            tls,
            require_tls: Mutex::new(self.require_tls),
            data: Mutex::new(data),
            port,
            settings: Mutex::new(settings),
            superuser: self.beginning.superuser,
            clock,
            process: Mutex::new(None),
            _ground: std::sync::Arc::clone(ground),
        })
    }
}
