use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use daybreak_sandbox::application::{self, Bank, BankOptions};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind};
use tokio::process::{Child, Command};

use super::Options;
use crate::exit::Trouble;
use crate::output;

/// Accounts in the bank, and rows in its largest table.
const ACCOUNTS: i64 = 2_000;
const ROWS: u64 = 60_000;

/// Connections of the application.
pub(crate) const CONNECTIONS: usize = 24;

/// What leaves the demo's folder recognisable as such.
const MARK: &str = "this folder belongs to `daybreak demo`: the next one empties it\n";

/// The servers, the plan, and the gate.
pub(crate) struct Ground {
    pub(crate) estate: Estate,
    pub(crate) cluster: AuroraStandIn,
    pub(crate) plan: PathBuf,
    folder: PathBuf,
    gate: Child,
    gate_port: u16,
    pub(crate) sandbox: Sandbox,
}

impl Ground {
    /// Starts both sides, founds the bank on the source, writes the plan with `daybreak init`, and starts the gate.
    pub(crate) async fn lay(options: &Options) -> Result<Self, Trouble> {
        let folder = empty(&options.folder)?;
        let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}"))).map_err(sandbox)?;
        output::say("starting a primary, its replica, and an Aurora stand-in with a reader");
        let (estate, cluster) = if options.postgres {
            (
                EstateOptions::new(ServerKind::Postgres(15)),
                AuroraOptions::postgres(17),
            )
        } else {
            // Without it an account that is not a superuser can make no trigger while the binary log is on (1419).
            let trust = ("log_bin_trust_function_creators", "ON");
            (
                EstateOptions::new(ServerKind::Mysql97)
                    .gtid(true)
                    .setting(trust.0, trust.1),
                AuroraOptions::mysql().gtid(true).setting(trust.0, trust.1),
            )
        };
        let (estate, cluster) = tokio::join!(
            Estate::start(&sandbox, estate.replicas(1)),
            AuroraStandIn::start(&sandbox, cluster.readers(1))
        );
        let (estate, cluster) = (estate.map_err(self::sandbox)?, cluster.map_err(self::sandbox)?);
        application::found(&estate, ACCOUNTS, ROWS).await?;
        application::admit(&cluster, &estate)
            .await
            .map_err(self::sandbox)?;
        if !options.postgres {
            // Aurora keeps no binary log for others unless told to.
            let keep = "CALL mysql.rds_set_configuration('binlog retention hours', 24)";
            cluster.sql(keep).await.map_err(self::sandbox)?;
        }
        let authority = sandbox.certificate_authority().await.map_err(self::sandbox)?;
        let gate_port = free_port()?;
        let plan = folder.join("daybreak.toml");
        let mut ground = Self {
            gate: Command::new("true").kill_on_drop(true).spawn()?,
            estate,
            cluster,
            plan,
            folder,
            gate_port,
            sandbox,
        };
        ground.init(&authority).await?;
        ground.start_gate().await?;
        Ok(ground)
    }

    /// `daybreak` itself, with this plan and its secrets in the environment, where no process list shows them. It ends with
    /// the demo, however that ends.
    pub(crate) fn daybreak(&self) -> Result<Command, Trouble> {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(std::env::current_exe()?)
            .arg("--plan")
            .arg(&self.plan)
            .env("DAYBREAK_SOURCE_PASSWORD", self.estate.admin.password())
            .env("DAYBREAK_TARGET_PASSWORD", self.cluster.admin.password())
            .kill_on_drop(true);
        Ok(command)
    }

    /// The application, through the gate.
    pub(crate) fn open_bank(&self) -> Bank {
        Bank::open(BankOptions {
            authority: None,
            url: application::url(
                self.estate.primary.kind(),
                &self.estate.app,
                self.gate_port,
                &self.estate.database,
            ),
            connections: CONNECTIONS,
            accounts: ACCOUNTS,
            rest: Duration::from_millis(80),
        })
    }

    pub(crate) const fn accounts(&self) -> i64 {
        ACCOUNTS
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    async fn init(&self, authority: &Path) -> Result<(), Trouble> {
        let tls = format!("tls=verify&ca={}", authority.display());
        let scheme = if self.estate.primary.kind().engine() == daybreak_sandbox::Engine::Mysql {
            "mysql"
        } else {
            "postgres"
        };
        let url = |login: &daybreak_sandbox::Login, port: u16| {
            format!(
                "{scheme}://{}@127.0.0.1:{port}/{}?{tls}",
                login.name(),
                self.estate.database
            )
        };
        // A PostgreSQL primary does not know at which port a standby listens.
        let standbys = self.estate.replicas.iter().filter(|_| scheme == "postgres");
        let also = standbys.flat_map(|standby| ["--also".to_owned(), standby.address().to_string()]);
        let output = self
            .daybreak()?
            .args(["init", "--name", "demo", "--source"])
            .arg(url(&self.estate.admin, self.estate.primary.port()))
            .arg("--target")
            .arg(url(&self.cluster.admin, self.cluster.cluster_port()))
            .arg("--gate")
            .arg(format!("127.0.0.1:{}", self.gate_port))
            .args(also)
            .output()
            .await?;
        if !output.status.success() {
            return Err(anyhow::anyhow!(
                "`daybreak init` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        output::say(format!("the plan: {}", self.plan.display()));
        Ok(())
    }

    async fn start_gate(&mut self) -> Result<(), Trouble> {
        let log = std::fs::File::create(self.folder.join("gate.log"))?;
        self.gate = self
            .daybreak()?
            .arg("gate")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let socket = self.folder.join(".daybreak").join("gate.sock");
        let started = Instant::now();
        while tokio::net::UnixStream::connect(&socket).await.is_err() {
            if let Some(status) = self.gate.try_wait()? {
                let log = std::fs::read_to_string(self.folder.join("gate.log"))?;
                return Err(anyhow::anyhow!("the gate ended with {status}:\n{log}").into());
            }
            if started.elapsed() > Duration::from_secs(20) {
                return Err(anyhow::anyhow!("the gate did not come up within 20 s").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(crate) async fn wait_for_enter(&self) -> Result<(), Trouble> {
        output::say("the servers go on until you press Enter; the plan works with every command:");
        output::say(format!("  daybreak --plan {} status", self.plan.display()));
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        Ok(())
    }

    /// Ends the gate; the servers end with the estate and the cluster.
    pub(crate) async fn clear(mut self) {
        let _ = self.gate.kill().await;
    }
}

/// An empty folder of our own: made, or emptied if an earlier demo made it.
fn empty(folder: &Path) -> Result<PathBuf, Trouble> {
    let folder = std::path::absolute(folder)?;
    let mark = folder.join(".demo");
    if folder.exists() {
        if !mark.exists() && std::fs::read_dir(&folder)?.next().is_some() {
            let error = anyhow::anyhow!("{} exists and is not from an earlier demo", folder.display());
            return Err(Trouble::usage(
                error,
                Some("name another folder with `--folder FOLDER`".to_owned()),
            ));
        }
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(mark, MARK)?;
    Ok(folder)
}

fn free_port() -> Result<u16, Trouble> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The sandbox's own words and hint.
fn sandbox(error: daybreak_sandbox::SandboxError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}
