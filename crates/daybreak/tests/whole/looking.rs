//! What tests of the commands that only look stand on: running them against a server as an account.

use std::process::{Output, Stdio};

use daybreak_sandbox::{Engine, Estate, EstateOptions, Login, Sandbox, Server, ServerKind, available};
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

    /// A primary and its replica; MySQL 9.7 by GTID. None where such servers cannot be had.
    pub(crate) async fn with_replica(&self, kind: ServerKind) -> Option<Estate> {
        let options = EstateOptions::new(kind)
            .gtid(kind == ServerKind::Mysql97)
            .replicas(1);
        available(Estate::start(&self.sandbox, options).await)
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

    pub(crate) async fn command(&self, server: &Server, login: &Login, arguments: &[&str]) -> Command {
        self.command_at(&self.url(server, login).await, login, arguments)
    }

    /// A command that begins at a URL. A data check does not rest beside the tests' writers, unless a test says how long.
    pub(crate) fn command_at(&self, url: &str, login: &Login, arguments: &[&str]) -> Command {
        let rests = ["--watch", "--share", "--drop-slot"];
        let all_the_time =
            arguments.contains(&"data-check") && !arguments.iter().any(|argument| rests.contains(argument));
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command
            .arg("--plan")
            .arg(self.folder.path().join("daybreak.toml"))
            .args(arguments)
            .args(all_the_time.then_some(["--share", "100"]).into_iter().flatten())
            .args(["--source", url])
            .env("DAYBREAK_SOURCE_PASSWORD", login.password())
            .kill_on_drop(true);
        command
    }

    /// The statements that `daybreak accounts` prints for jobs on the estate's primary, limited to schemas if any are named.
    pub(crate) async fn grants(
        &self,
        estate: &Estate,
        jobs: &[&str],
        schemas: &[&str],
        user: &str,
    ) -> Vec<String> {
        let mut arguments = vec![
            "--format",
            "json",
            "accounts",
            "--user",
            user,
            "--database",
            "shop",
        ];
        arguments.extend(jobs.iter().flat_map(|job| ["--for", job]));
        arguments.extend(schemas.iter().flat_map(|schema| ["--schema", schema]));
        let output = self.run(&estate.primary, &estate.admin, &arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .flat_map(|line| list(&line, "statements").to_vec())
            .filter_map(|statement| statement.as_str().map(str::to_owned))
            .collect()
    }

    /// An account on the estate's primary that may do what is printed for these jobs, and nothing else. Its password is the same
    /// on every server.
    pub(crate) async fn account(
        &self,
        estate: &Estate,
        jobs: &[&str],
        schemas: &[&str],
        user: &str,
    ) -> Login {
        admit(estate, user, &self.grants(estate, jobs, schemas, user).await).await
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

    /// Runs a command that asks no server, beside the plan file.
    pub(crate) async fn plain(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        let plan = self.folder.path().join("daybreak.toml");
        command.arg("--plan").arg(plan).args(arguments).kill_on_drop(true);
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

/// Makes an account on the estate's primary that has what the statements give and nothing else.
pub(crate) async fn admit(estate: &Estate, user: &str, statements: &[String]) -> Login {
    let login = Login::new(user, "Only-This-1");
    let create = match estate.primary.kind().engine() {
        Engine::Mysql => format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'Only-This-1'"),
        Engine::Postgres => format!("CREATE ROLE {user} LOGIN PASSWORD 'Only-This-1'"),
    };
    for statement in [create].iter().chain(statements) {
        run(&estate.primary, "shop", statement).await;
    }
    login
}

/// Runs statements, which may be several in one text, as the superuser.
pub(crate) async fn run(server: &Server, database: &str, statements: &str) {
    if let Err(error) = server.rows_in(database, statements).await {
        let shown: String = statements.chars().take(2000).collect();
        panic!("{shown}: {error}: {:?}", std::error::Error::source(&error));
    }
}

/// The elements of a JSON array.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Has the server log every statement, with how long it took.
pub(crate) fn logging(options: EstateOptions) -> EstateOptions {
    match options.kind().engine() {
        Engine::Postgres => options
            .setting("logging_collector", "on")
            .setting("log_directory", "statements")
            .setting("log_filename", "all")
            .setting("log_line_prefix", "%m [%p] %q%u@%d %r ")
            .setting("log_min_duration_statement", "0"),
        Engine::Mysql => options
            .setting("slow_query_log", "ON")
            .setting("log_output", "FILE")
            .setting("slow_query_log_file", "slow.log")
            .setting("long_query_time", "0"),
    }
}

/// Where it logs them.
pub(crate) fn log_of(server: &Server) -> std::path::PathBuf {
    let name = match server.kind().engine() {
        Engine::Postgres => "statements/all",
        Engine::Mysql => "slow.log",
    };
    server.data_dir().join(name)
}
