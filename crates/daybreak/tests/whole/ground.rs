//! The ground that whole-program tests stand on: an estate, a stand-in for Aurora, a plan, a gate, an application.
//! Every test has its own.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use daybreak_sandbox::application::{self, Audit, Bank, BankOptions, Ledger};
use daybreak_sandbox::{
    AuroraOptions, AuroraStandIn, Engine, Estate, EstateOptions, Login, Sandbox, ServerKind, Wire, available,
};
use serde_json::Value;
use tokio::process::{Child, Command};

pub(crate) const ACCOUNTS: i64 = 200;

pub(crate) struct Ground {
    pub(crate) estate: Estate,
    pub(crate) cluster: AuroraStandIn,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
    /// The network to the source and to the target, where the plan goes through one that can be cut.
    pub(crate) wires: Option<[Wire; 2]>,
    /// The purpose that the plan moves alone, if it does.
    pub(crate) purpose: Option<&'static str>,
    gate: Option<Child>,
    gate_port: u16,
}

/// Starts both sides; `None`, with a notice, where a kind of server cannot be had on this machine.
pub(crate) async fn lay(estate: EstateOptions, cluster: AuroraOptions) -> Option<Ground> {
    let sandbox = Sandbox::open().expect("a sandbox");
    // Without it an account that is not a superuser can make no trigger while the binary log is on (1419).
    let (estate, cluster) = match estate.kind().engine() {
        Engine::Mysql => {
            let (name, value) = ("log_bin_trust_function_creators", "ON");
            (estate.setting(name, value), cluster.setting(name, value))
        }
        Engine::Postgres => (estate, cluster),
    };
    let started = tokio::join!(
        Estate::start(&sandbox, estate),
        AuroraStandIn::start(&sandbox, cluster)
    );
    let (estate, cluster) = (available(started.0)?, available(started.1)?);
    if estate.primary.kind().engine() == Engine::Mysql {
        // Aurora keeps no binary log for others unless told to.
        cluster
            .sql("CALL mysql.rds_set_configuration('binlog retention hours', 24)")
            .await
            .expect("kept");
    }
    let gate_port = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("bound")
        .port();
    let folder = tempfile::tempdir().expect("a folder");
    Some(Ground {
        estate,
        cluster,
        folder,
        sandbox,
        wires: None,
        purpose: None,
        gate: None,
        gate_port,
    })
}

impl Ground {
    /// The bank's tables and rows on the source.
    pub(crate) async fn found(&self, rows: u64) {
        application::found(&self.estate, ACCOUNTS, rows)
            .await
            .expect("the bank is founded");
        application::admit(&self.cluster, &self.estate)
            .await
            .expect("the application has an account on the target");
    }

    pub(crate) fn plan(&self) -> PathBuf {
        self.folder.path().join("daybreak.toml")
    }

    /// `daybreak` with this plan and its secrets.
    pub(crate) fn daybreak(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command
            .arg("--plan")
            .arg(self.plan())
            .args(arguments)
            .env("DAYBREAK_SOURCE_PASSWORD", self.estate.admin.password())
            .env("DAYBREAK_TARGET_PASSWORD", self.cluster.admin.password())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.daybreak(arguments).output().await.expect("the program runs")
    }

    /// Runs a command that must succeed; its JSON lines.
    pub(crate) async fn succeed(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(arguments).await;
        assert!(
            output.status.success(),
            "daybreak {arguments:?}: {}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        json_lines(&output)
    }

    /// `daybreak init` for these servers, then `change` to its text.
    pub(crate) async fn init(&self, change: impl FnOnce(String) -> String) {
        let authority = self.sandbox.certificate_authority().await.expect("an authority");
        let [source, target] = match &self.wires {
            Some([source, target]) => [source.port(), target.port()],
            None => [self.estate.primary.port(), self.cluster.cluster_port()],
        };
        let source = self.url(&self.estate.admin, source, &authority);
        let target = self.url(&self.cluster.admin, target, &authority);
        let gate = format!("127.0.0.1:{}", self.gate_port);
        let mut arguments = vec![
            "init", "--name", "test", "--source", &source, "--target", &target, "--gate", &gate,
        ];
        if let Some(purpose) = self.purpose {
            arguments.extend(["--purposes", "purposes.toml", "--purpose", purpose]);
        }
        self.succeed(&arguments).await;
        let text = std::fs::read_to_string(self.plan()).expect("the plan");
        std::fs::write(self.plan(), change(text)).expect("the plan");
    }

    /// Changes the text of the plan.
    pub(crate) fn change(&self, change: impl FnOnce(String) -> String) {
        let text = std::fs::read_to_string(self.plan()).expect("the plan");
        let changed = change(text.clone());
        assert_ne!(text, changed, "the plan has what is to be changed");
        std::fs::write(self.plan(), changed).expect("the plan");
    }

    fn url(&self, login: &Login, port: u16, authority: &Path) -> String {
        let kind = self.estate.primary.kind();
        let scheme = match kind.engine() {
            Engine::Mysql => "mysql",
            Engine::Postgres => "postgres",
        };
        let tls = match kind {
            ServerKind::Mysql56 => "tls=off".to_owned(),
            _ => format!("tls=verify&ca={}", authority.display()),
        };
        format!(
            "{scheme}://{}@127.0.0.1:{port}/{}?{tls}",
            login.name(),
            self.estate.database
        )
    }

    /// Puts a network of its own before each side, which everything but the audit goes through. Before `init`.
    pub(crate) async fn wire(&mut self) {
        let to = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let source = Wire::to(to(self.estate.primary.port())).await.expect("a wire");
        let target = Wire::to(to(self.cluster.cluster_port())).await.expect("a wire");
        self.wires = Some([source, target]);
    }

    /// Starts the gate and waits until it can be told something.
    pub(crate) async fn start_gate(&mut self) {
        self.gate = Some(
            self.daybreak(&["gate"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("a gate"),
        );
        let mut socket = self.folder.path().join(".daybreak");
        if let Some(purpose) = self.purpose {
            socket = socket.join("purposes").join(purpose);
        }
        socket.push("gate.sock");
        let started = Instant::now();
        while tokio::net::UnixStream::connect(&socket).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the gate comes up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Where the gate listens.
    pub(crate) const fn gate_port(&self) -> u16 {
        self.gate_port
    }

    /// Ends the gate as a machine that loses its power does.
    pub(crate) async fn stop_gate(&mut self) {
        let mut gate = self.gate.take().expect("a gate runs");
        gate.kill().await.expect("killed");
    }

    /// The application, through the gate.
    pub(crate) fn open_bank(&self, connections: usize) -> Bank {
        self.open_bank_by(connections, None)
    }

    /// One that talks by TLS alone, so that the gate cannot read along.
    pub(crate) async fn open_bank_by_tls(&self, connections: usize) -> Bank {
        let authority = self.sandbox.certificate_authority().await;
        self.open_bank_by(connections, Some(authority.expect("an authority")))
    }

    fn open_bank_by(&self, connections: usize, authority: Option<PathBuf>) -> Bank {
        Bank::open(BankOptions {
            url: self.app_url(self.gate_port),
            authority,
            connections,
            accounts: ACCOUNTS,
            rest: Duration::from_millis(40),
        })
    }

    pub(crate) fn app_url(&self, port: u16) -> String {
        application::url(
            self.estate.primary.kind(),
            &self.estate.app,
            port,
            &self.estate.database,
        )
    }

    /// The books on the source and on the target, against what was acknowledged. Waits until the side that follows has
    /// everything.
    pub(crate) async fn audit(&self, ledger: &Ledger) -> [Audit; 2] {
        let started = Instant::now();
        loop {
            let here = application::audit(&self.app_url(self.estate.primary.port()), ledger, ACCOUNTS).await;
            let there =
                application::audit(&self.app_url(self.cluster.cluster_port()), ledger, ACCOUNTS).await;
            match (here, there) {
                (Ok(here), Ok(there)) if here == there || started.elapsed() > Duration::from_secs(30) => {
                    return [here, there];
                }
                (Err(error), _) | (_, Err(error)) if started.elapsed() > Duration::from_secs(30) => {
                    panic!("the books cannot be read: {error}");
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// The source has every acknowledged write, and the target comes to hold the same.
    pub(crate) async fn assert_follows(&self, ledger: &Ledger) {
        let [source, target] = self.audit(ledger).await;
        assert_eq!(
            (source.lost, source.duplicated, source.balanced),
            (0, 0, true),
            "on the source: {source:?}"
        );
        assert_eq!(source, target, "the target follows");
    }

    /// Nothing lost, nothing twice, no money made: on both sides.
    pub(crate) async fn assert_books(&self, ledger: &Ledger) {
        for (side, audit) in ["source", "target"].iter().zip(self.audit(ledger).await) {
            assert_eq!(
                (audit.lost, audit.duplicated, audit.balanced),
                (0, 0, true),
                "on the {side}: {audit:?}"
            );
        }
        assert!(!ledger.acknowledged.is_empty(), "the application did write");
    }

    /// The target has every acknowledged write; the source has had none since the cut-over.
    pub(crate) async fn assert_target_has_all(&self, ledger: &Ledger) {
        let url = self.app_url(self.cluster.cluster_port());
        let audit = application::audit(&url, ledger, ACCOUNTS)
            .await
            .expect("the books");
        assert_eq!(
            (audit.lost, audit.duplicated, audit.balanced),
            (0, 0, true),
            "{audit:?}"
        );
        assert!(!ledger.acknowledged.is_empty(), "the application did write");
    }

    /// Whether the application can write on the source and on the target.
    pub(crate) async fn writable(&self) -> [bool; 2] {
        let ports = [self.estate.primary.port(), self.cluster.cluster_port()];
        let mut writable = [false; 2];
        for (side, port) in writable.iter_mut().zip(ports) {
            *side = application::can_write(&self.app_url(port)).await;
        }
        writable
    }
}

pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Reads a running command's standard output until a line holds `words`.
pub(crate) async fn wait_for_line(command: &mut Child, words: &str) {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let mut lines = BufReader::new(command.stdout.as_mut().expect("piped")).lines();
    let found = async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            if line.contains(words) {
                return true;
            }
        }
        false
    };
    let found = tokio::time::timeout(Duration::from_secs(60), found).await;
    assert_eq!(found, Ok(true), "`{words}` is told");
}
