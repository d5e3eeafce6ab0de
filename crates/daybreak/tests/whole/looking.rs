//! What tests of the commands that only look stand on: running them against a server as an account.

use std::process::{Output, Stdio};

use daybreak_sandbox::{Engine, Login, Sandbox, Server, ServerKind};
use serde_json::Value;
use tokio::process::{Child, Command};

pub(crate) struct Looking {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: tempfile::TempDir,
}

impl Looking {
    pub(crate) fn new() -> Self {
        Self {
            sandbox: Sandbox::open().expect("a sandbox"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A server's URL for an account, without its password.
    pub(crate) async fn url(&self, server: &Server, login: &Login) -> String {
        let authority = self.sandbox.certificate_authority().await.expect("an authority");
        let tls = match server.kind() {
            ServerKind::Mysql56 => "tls=off".to_owned(),
            _ => format!("tls=verify&ca={}", authority.display()),
        };
        let scheme = match server.kind().engine() {
            Engine::Mysql => "mysql",
            Engine::Postgres => "postgres",
        };
        format!(
            "{scheme}://{}@127.0.0.1:{}/shop?{tls}",
            login.name(),
            server.port()
        )
    }

    async fn command(&self, server: &Server, login: &Login, arguments: &[&str]) -> Command {
        let url = self.url(server, login).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command
            .arg("--plan")
            .arg(self.folder.path().join("daybreak.toml"))
            .args(arguments)
            .args(["--source", &url])
            .env("DAYBREAK_SOURCE_PASSWORD", login.password())
            .kill_on_drop(true);
        command
    }

    /// Starts a command that begins at a server and says nothing.
    pub(crate) async fn start(&self, server: &Server, login: &Login, arguments: &[&str]) -> Child {
        let mut command = self.command(server, login, arguments).await;
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.spawn().expect("the program starts")
    }

    /// Starts a command that begins at a server, to be listened to.
    pub(crate) async fn speaking(&self, server: &Server, login: &Login, arguments: &[&str]) -> Child {
        let mut command = self.command(server, login, arguments).await;
        let speaking = command.stdout(Stdio::piped()).stderr(Stdio::null());
        speaking.spawn().expect("the program starts")
    }

    /// Runs a command that begins at a server.
    pub(crate) async fn run(&self, server: &Server, login: &Login, arguments: &[&str]) -> Output {
        let mut command = self.command(server, login, arguments).await;
        command.output().await.expect("the program runs")
    }

    /// Runs a command that must end with this status; its JSON.
    pub(crate) async fn json(
        &self,
        server: &Server,
        login: &Login,
        arguments: &[&str],
        status: i32,
    ) -> Value {
        let arguments = [&["--format", "json"], arguments].concat();
        let output = self.run(server, login, &arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {said}\n{printed}"
        );
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {printed}"))
    }
}

/// The elements of a JSON array.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}
