//! A stand-in for AWS: moto's server, behind a front that answers the calls which moto lacks, refuses calls as AWS would, and holds one
//! so that a program can be killed in the middle of it.

mod front;
mod lacking;
mod window;

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::account::{FastEnd, tied_as_ourselves};
use crate::failure::at;
use crate::port::Port;
use crate::process::Process;
use crate::{Sandbox, SandboxError, Tool};

use front::Front;
pub use front::{Held, Refusal};

/// How long moto may take until it answers: it is a large program of Python's.
const PATIENCE: Duration = Duration::from_secs(60);

/// AWS on this machine. Any credentials are good; it ends when it is dropped.
#[derive(Debug)]
pub struct AwsStandIn {
    port: u16,
    front: Front,
    serving: JoinHandle<()>,
    _moto: Process,
    _moto_port: Port,
    _sandbox: Sandbox,
}

impl Drop for AwsStandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl AwsStandIn {
    /// Starts it.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when moto cannot be had on this machine.
    pub async fn start(sandbox: &Sandbox) -> Result<Self, SandboxError> {
        let programs = sandbox.tool(Tool::Moto).await?;
        let moto_port = Port::take(&sandbox.ground.cache)?;
        let number = sandbox.ground.run.next_number();
        let folder = sandbox.ground.run.private_folder(&format!("aws-{number}"))?;
        let log = folder.join("moto.log");
        let out = std::fs::File::create(&log).map_err(at("create", &log))?;
        let other = out.try_clone().map_err(at("create", &log))?;
        let mut command = tied_as_ourselves(programs.program("python3"));
        command
            .args([
                "-m",
                "moto.server",
                "-H",
                "127.0.0.1",
                "-p",
                &moto_port.number().to_string(),
            ])
            .envs(programs.environment.iter().map(|(name, value)| (*name, value)))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(other)
            .current_dir(&folder);
        let moto = Process::start("moto", command, FastEnd::Kill)?;
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", moto_port.number()))
            .await
            .is_err()
        {
            if begun.elapsed() > PATIENCE || !moto.runs() {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(SandboxError::Program {
                    program: "moto".to_owned(),
                    outcome: said,
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(at("listen for", &log))?;
        let port = listener.local_addr().map_err(at("listen for", &log))?.port();
        let front = Front::new(moto_port.number());
        let serving = tokio::spawn(front.clone().serve(listener));
        Ok(Self {
            port,
            front,
            serving,
            _moto: moto,
            _moto_port: moto_port,
            _sandbox: sandbox.clone(),
        })
    }

    /// Where every service of it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Refuses calls of this action from now on, as AWS would, so many times.
    pub fn refuse(&self, action: &str, refusal: Refusal) {
        self.front.refuse(action, refusal);
    }

    /// Offers a version of an engine no longer.
    pub fn withhold_version(&self, version: &str) {
        self.front.withhold(version);
    }

    /// Offers a class in this availability zone no longer.
    pub fn withhold_class(&self, class: &str, zone: &str) {
        self.front.withhold(&format!("{class} {zone}"));
    }

    /// Says of an instance that parameters of its cluster count from its next start on, until it is started again.
    pub fn let_parameters_wait(&self, instance: &str) {
        self.front.let_parameters_wait(instance);
    }

    /// Has an instance keep its parameters waiting though it is started again.
    pub fn keep_parameters_waiting(&self, instance: &str) {
        self.front.let_parameters_wait(instance);
        self.front.keep_waiting(true);
    }

    /// Starts take parameters over again.
    pub fn take_parameters_over(&self) {
        self.front.keep_waiting(false);
    }

    /// Answers the next call of this action as if it were done, and does nothing.
    pub fn swallow(&self, action: &str) {
        self.front.swallow(action);
    }

    /// Holds the nth call from now that changes something (1 is the first): never answers it, and says so. `done`: whether AWS
    /// does it before.
    pub fn hold(&self, nth: usize, done: bool) -> Held {
        self.front.hold(nth, done)
    }

    /// The calls that changed something, in order, as `CreateDBCluster`.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        self.front.changes()
    }

    /// The calls by which clusters were made from something that were taken on, each as its form.
    #[must_use]
    pub fn restores(&self) -> Vec<std::collections::BTreeMap<String, String>> {
        self.front.restores()
    }

    /// Makes a bucket of S3.
    ///
    /// # Errors
    /// When moto refuses it.
    pub async fn make_bucket(&self, name: &str) -> Result<(), SandboxError> {
        self.front.make_bucket(name).await
    }

    /// Puts an object into a bucket.
    ///
    /// # Errors
    /// When moto refuses it.
    pub async fn put_object(&self, bucket: &str, key: &str, body: &[u8]) -> Result<(), SandboxError> {
        let body = bytes::Bytes::copy_from_slice(body);
        self.front.put(&format!("{bucket}/{key}"), body).await
    }

    /// The names of a bucket's objects.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn objects(&self, bucket: &str) -> Result<Vec<String>, SandboxError> {
        self.front.list(bucket).await
    }

    /// Asks Secrets Manager, unsigned, as somebody else would by hand; the answer's JSON.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn ask_secrets(&self, action: &str, body: &str) -> Result<String, SandboxError> {
        self.front.ask_secrets(action, body).await
    }

    /// Asks a service of the Query protocol, unsigned, as somebody else would by hand; the answer's text.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn ask(&self, service: &str, form: &[(&str, &str)]) -> Result<String, SandboxError> {
        self.front.ask(service, form).await
    }
}
