use std::process::Stdio;
use std::time::Duration;

use daybreak_sandbox::{Sandbox, Server, ServerKind};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::exit::Trouble;

/// How long one statement may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The line that a client prints after a statement's answer.
const END: &str = "daybreak-end-of-answer";

/// A server's own command line client, connected as the superuser and waiting for statements.
pub(super) struct Session {
    client: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What makes the client print [`END`].
    end: String,
}

impl Session {
    pub(super) async fn mysql(sandbox: &Sandbox, server: &Server) -> Result<Self, Trouble> {
        let superuser = server.root_url("mysql");
        let superuser = superuser
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('@'))
            .map_or("root", |(user, _)| user)
            .to_owned();
        let mut command = Command::new(sandbox.program(ServerKind::Mysql97, "mysql").await?);
        command
            .args([
                "--no-defaults",
                "--batch",
                "--skip-column-names",
                "--unbuffered",
                "--raw",
            ])
            .arg(format!("--socket={}", server.socket().display()))
            .arg(format!("--user={superuser}"));
        Self::start(command, format!("SELECT '{END}';\n"))
    }

    pub(super) async fn postgres(
        sandbox: &Sandbox,
        server: &Server,
        database: &str,
    ) -> Result<Self, Trouble> {
        let mut command = Command::new(sandbox.program(server.kind(), "psql").await?);
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
            ])
            .arg(server.root_url(database));
        Self::start(command, format!("\\echo {END}\n"))
    }

    fn start(mut command: Command, end: String) -> Result<Self, Trouble> {
        let mut client = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .env("LC_ALL", "C.UTF-8")
            .kill_on_drop(true)
            .spawn()?;
        let input = client.stdin.take().expect("it was asked for");
        let output = BufReader::new(client.stdout.take().expect("it was asked for")).lines();
        Ok(Self {
            client,
            input,
            output,
            end,
        })
    }

    /// Runs statements and gives the lines of their answers.
    pub(super) async fn run(&mut self, sql: &str) -> Result<Vec<String>, Trouble> {
        let text = format!("{sql};\n{}", self.end);
        self.input.write_all(text.as_bytes()).await?;
        self.input.flush().await?;
        let mut answer = Vec::new();
        loop {
            let line = timeout(LIMIT, self.output.next_line())
                .await
                .map_err(|_| anyhow::anyhow!("no answer within {} s to `{sql}`", LIMIT.as_secs()))??;
            match line {
                Some(line) if line == END => return Ok(answer),
                Some(line) => answer.push(line),
                None => return Err(anyhow::anyhow!("the client ended at `{sql}`; it says why above").into()),
            }
        }
    }

    /// Runs a statement and gives the first line of its answer.
    pub(super) async fn value(&mut self, sql: &str) -> Result<String, Trouble> {
        Ok(self.run(sql).await?.into_iter().next().unwrap_or_default())
    }

    /// Lets the client end, and with it the session.
    pub(super) async fn end(mut self) -> Result<(), Trouble> {
        drop(self.input);
        timeout(LIMIT, self.client.wait())
            .await
            .map_err(|_| anyhow::anyhow!("the client did not end within {} s", LIMIT.as_secs()))??;
        Ok(())
    }
}
