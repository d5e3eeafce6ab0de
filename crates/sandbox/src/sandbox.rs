//! The sandbox: where servers come from and where they live.

use std::path::Path;
use std::sync::Arc;

use crate::SandboxError;
use crate::cache::Cache;
use crate::fetch::{Binaries, Tool, ToolPrograms, obtain, obtain_clock, obtain_tool};
use crate::kind::ServerKind;
use crate::run::Run;
use crate::setup::ServerSetup;
use crate::template::{self, Beginning};
use crate::tls::{self, Tls};

/// What is told to a person who waits, such as the start of a download.
type Notice = dyn Fn(&str) + Send + Sync;

/// A place for real servers on this machine.
///
/// Its servers listen on 127.0.0.1 alone, keep everything in one folder, and end when they are dropped, when the program panics,
/// and when it is killed. Any number of sandboxes, in one program or in many, live side by side.
/// Clones are the same sandbox; its folder goes when the last clone and the last server are dropped.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) ground: Arc<Ground>,
}

/// What the sandbox and all its servers share.
pub(crate) struct Ground {
    pub(crate) cache: Cache,
    pub(crate) run: Run,
    notice: Box<Notice>,
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground")
            .field("cache", &self.cache)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("ground", &self.ground).finish()
    }
}

impl Sandbox {
    /// Opens a sandbox, after ending and removing what killed runs left behind. Progress goes to `tracing`.
    ///
    /// # Errors
    /// When the cache folder (`$DAYBREAK_CACHE`, `$XDG_CACHE_HOME/daybreak` or `~/.cache/daybreak`; for root `/var/cache/daybreak`)
    /// cannot be used.
    pub fn open() -> Result<Self, SandboxError> {
        Self::open_with(|message| tracing::info!("{message}"))
    }

    /// Opens a sandbox that tells its progress to `notice`: the first fetch of a server may take a minute.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    pub fn open_with(notice: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, SandboxError> {
        let cache = Cache::open()?;
        let run = Run::start(&cache)?;
        Ok(Self {
            ground: Arc::new(Ground {
                cache,
                run,
                notice: Box::new(notice),
            }),
        })
    }

    /// A server of this kind, to be given its settings and started.
    pub fn server(&self, kind: ServerKind) -> ServerSetup {
        ServerSetup::new(self.clone(), kind)
    }

    /// A PostgreSQL server of this major version, to be given its settings and started.
    pub fn postgres(&self, major: u8) -> ServerSetup {
        self.server(ServerKind::Postgres(major))
    }

    /// Makes sure that a kind of server is there, fetching it if need be, and gives the path of one of its programs
    /// (`mysqldump`, `mariadb-dump`, `pg_dump`...).
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when it cannot be had on this machine.
    pub async fn program(&self, kind: ServerKind, name: &str) -> Result<std::path::PathBuf, SandboxError> {
        let binaries = self.binaries(kind).await?;
        binaries.program(name)
    }

    /// Makes sure that a tool is there, fetching it if it is not on `PATH`, and says where its programs are.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when it cannot be had on this machine.
    pub async fn tool(&self, tool: Tool) -> Result<ToolPrograms, SandboxError> {
        let ground = Arc::clone(&self.ground);
        blocking(move || obtain_tool(&ground.cache, tool, &*ground.notice)).await
    }

    /// The certificate authority, in PEM, that signed the certificates of all servers of all sandboxes on this cache folder.
    /// They are made out to `localhost` and 127.0.0.1.
    ///
    /// # Errors
    /// When it had to be made and could not be.
    pub async fn certificate_authority(&self) -> Result<std::path::PathBuf, SandboxError> {
        Ok(self.tls(None).await?.authority)
    }

    /// The certificate of all servers, made out to `localhost` and 127.0.0.1, and its key, both in PEM: for a server that is none of ours.
    ///
    /// # Errors
    /// As [`certificate_authority`](Self::certificate_authority).
    pub async fn server_certificate(&self) -> Result<(std::path::PathBuf, std::path::PathBuf), SandboxError> {
        let tls = self.tls(None).await?;
        Ok((tls.certificate, tls.key))
    }

    /// A client's certificate that the same authority signed, made out to `certified`, and its key, both in PEM.
    ///
    /// # Errors
    /// When it had to be made and could not be.
    pub async fn client_certificate(&self) -> Result<(std::path::PathBuf, std::path::PathBuf), SandboxError> {
        let tls = self.tls(None).await?;
        Ok((tls.client, tls.client_key))
    }

    pub(crate) async fn binaries(&self, kind: ServerKind) -> Result<Binaries, SandboxError> {
        let ground = Arc::clone(&self.ground);
        blocking(move || obtain(&ground.cache, kind, &*ground.notice)).await
    }

    /// The library by which a server sees another time.
    pub(crate) async fn other_clock(&self) -> Result<std::path::PathBuf, SandboxError> {
        let ground = Arc::clone(&self.ground);
        blocking(move || obtain_clock(&ground.cache, &*ground.notice)).await
    }

    pub(crate) async fn tls(&self, binaries: Option<&Binaries>) -> Result<Tls, SandboxError> {
        let (ground, binaries) = (Arc::clone(&self.ground), binaries.cloned());
        blocking(move || tls::obtain(&ground.cache, binaries.as_ref())).await
    }

    /// Puts a copy of a freshly initialised data directory at `data`.
    pub(crate) async fn initialise(
        &self,
        binaries: &Binaries,
        beginning: &Beginning,
        data: &Path,
    ) -> Result<(), SandboxError> {
        let (ground, binaries, data) = (Arc::clone(&self.ground), binaries.clone(), data.to_owned());
        let beginning = beginning.clone();
        blocking(move || {
            let template = template::obtain(&ground.cache, &binaries, &beginning, &*ground.notice)?;
            template::copy(&template, &data)
        })
        .await
    }
}

/// Runs something that blocks on a thread made for that.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failure) => match failure.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(SandboxError::NotPossible(
                "the async runtime is shutting down".into(),
            )),
        },
    }
}
