//! A server's life: start, stop, power cut, frost.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Server, lock};
use crate::SandboxError;
use crate::failure::at;
use crate::kind::Engine;
use crate::process::{Process, ProcessRecord};
use crate::run;
use crate::sandbox::blocking;
use crate::{mysql, postgres};

/// How long a server may take to answer after its start.
const START_PATIENCE: Duration = Duration::from_secs(90);
/// How long one question of a starting server may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take to shut down in order.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Starts it, if it does not run, and waits until it answers.
    ///
    /// # Errors
    /// [`SandboxError::Server`] with the end of its log when it ends instead or does not answer in 90 seconds.
    pub async fn start(&self) -> Result<(), SandboxError> {
        if self.runs() {
            return Ok(());
        }
        let data = self.data_dir();
        let mut command = match self.kind.engine() {
            Engine::Mysql => mysql::command(self)?,
            Engine::Postgres => postgres::command(self)?,
        };
        if let Some(clock) = &self.clock {
            command = clock.show(&command);
        }
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .map_err(at("open", self.log()))?;
        let other = log.try_clone().map_err(at("open", self.log()))?;
        // Whatever the caller has set for clients must not reach a server that is a client of another.
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .stdin(std::process::Stdio::null())
            .stdout(log)
            .stderr(other)
            .current_dir(&self.folder);
        let end = match self.kind.engine() {
            Engine::Mysql => mysql::END,
            Engine::Postgres => postgres::END,
        };
        let process = Arc::new(Process::start(&self.name, command, end)?);
        if let Some(record) = process.pid().and_then(|pid| ProcessRecord::of(pid, &data)) {
            run::record(&self.folder, &record)?;
        }
        *lock(&self.process) = Some(Arc::clone(&process));
        self.wait_until_it_answers(&process).await
    }

    async fn wait_until_it_answers(&self, process: &Process) -> Result<(), SandboxError> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            // Whoever answers while the process is gone would be somebody else.
            let answer = tokio::time::timeout(ANSWER_PATIENCE, self.rows("SELECT 1")).await;
            if !process.runs() {
                return Err(self.failure("ended right after its start"));
            }
            if matches!(answer, Ok(Ok(_))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.failure("does not answer after its start"));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Shuts it down in order and waits until it is gone.
    ///
    /// # Errors
    /// When the async runtime is shutting down.
    pub async fn stop(&self) -> Result<(), SandboxError> {
        let signal = match self.kind.engine() {
            Engine::Mysql => Signal::TERM,
            // "Fast" shutdown: sessions are ended, a checkpoint is written.
            Engine::Postgres => Signal::INT,
        };
        self.end(move |process| process.end_with(signal, STOP_PATIENCE))
            .await
    }

    /// Kills it as a power cut would (`kill -9`) and waits until it is gone.
    ///
    /// # Errors
    /// When the async runtime is shutting down.
    pub async fn kill_hard(&self) -> Result<(), SandboxError> {
        self.end(Process::kill).await
    }

    /// Ends it at once, as a crash would, and waits until it is gone.
    pub(crate) async fn crash(&self) -> Result<(), SandboxError> {
        self.end(Process::end_at_once).await
    }

    /// Ends it at once, blocking.
    pub(crate) fn end_now(&self) {
        let pid = self.process_id();
        drop(lock(&self.process).take());
        self.forget_clock(pid);
    }

    async fn end(&self, how: impl FnOnce(&Process) + Send + 'static) -> Result<(), SandboxError> {
        let pid = self.process_id();
        let process = lock(&self.process).take();
        if let Some(process) = process {
            blocking(move || {
                how(&process);
                Ok(())
            })
            .await?;
        }
        self.forget_clock(pid);
        Ok(())
    }

    /// Stops it in order and starts it again on the same port.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn restart(&self) -> Result<(), SandboxError> {
        self.stop().await?;
        self.start().await
    }

    /// Freezes it: it keeps its connections and answers nothing.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen server go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = lock(&self.process).as_ref() {
            match self.kind.engine() {
                Engine::Mysql => process.signal(signal),
                // Every connection is a process of its own there.
                Engine::Postgres => process.signal_with_children(signal),
            }
        }
    }
    fn failure(&self, what: &str) -> SandboxError {
        SandboxError::Server {
            server: self.name.clone(),
            what: what.to_owned(),
            log: self.log_tail(20),
        }
    }
}
