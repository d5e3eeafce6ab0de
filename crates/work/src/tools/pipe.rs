//! One program's output into another's input.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{ClientLogin, ToolCalls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

use super::ToolError;
use super::lines::Lines;
use crate::other_program::{heard, listen};
use crate::{Observe, WorkEvent};

/// Bytes passed on at once.
const BUFFER: usize = 256 << 10;
/// What is kept of the beginning: its comments say where it stands.
const HEAD: usize = 64 << 10;
/// How often it is told how far it has come.
const TELL: Duration = Duration::from_secs(1);

/// A program, and how it is called.
pub(super) struct Tool<'a> {
    pub(super) program: &'a Path,
    pub(super) login: ClientLogin,
    pub(super) arguments: Vec<String>,
}

impl Tool<'_> {
    fn name(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str());
        name.to_string_lossy().into_owned()
    }

    fn start(&self, stdin: Stdio, stdout: Stdio) -> Result<Running, ToolError> {
        let mut child = Command::new(self.program)
            .args(&self.login.arguments)
            .args(&self.arguments)
            .envs(self.login.environment.iter().map(|(name, value)| (name, value)))
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| cannot_run(self.program, source))?;
        let words = listen(child.stderr.take());
        Ok(Running {
            name: self.name(),
            child,
            words,
        })
    }
}

fn cannot_run(program: &Path, source: std::io::Error) -> ToolError {
    ToolError::NoProgram {
        program: PathBuf::from(program),
        source,
    }
}

/// What a program says of its version.
pub(super) async fn version(program: &Path) -> Result<String, ToolError> {
    let ran = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await;
    let output = ran.map_err(|source| cannot_run(program, source))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What was passed on.
pub(super) struct Passed {
    pub(super) head: String,
    pub(super) bytes: u64,
}

/// Runs one program into the other, to the good end of both.
pub(super) async fn run(
    from: &Tool<'_>,
    into: &Tool<'_>,
    calls: &ToolCalls,
    observer: &Arc<dyn Observe>,
) -> Result<Passed, ToolError> {
    let broken = |source: std::io::Error| ToolError::Broken {
        program: from.name(),
        source,
    };
    let mut reading = from.start(Stdio::null(), Stdio::piped())?;
    let mut writing = into.start(Stdio::piped(), Stdio::null())?;
    let Some(mut stdin) = writing.child.stdin.take() else {
        return Err(broken(std::io::ErrorKind::BrokenPipe.into()));
    };
    match pass(&mut reading.child, &mut stdin, calls, observer).await {
        Ok(passed) => {
            // Only what was read to its good end is loaded to the end.
            reading.end().await?;
            let ended = async {
                stdin.write_all(calls.after.as_bytes()).await?;
                stdin.shutdown().await
            };
            let ended = ended.await;
            drop(stdin);
            writing.end().await?;
            ended.map_err(broken)?;
            Ok(passed)
        }
        Err(error) => {
            drop(stdin);
            // Nobody reads on: it would wait for ever.
            drop(reading.child.start_kill());
            // A program that ended says more than the pipe that broke with it.
            writing.end().await?;
            Err(broken(error))
        }
    }
}

async fn pass(
    from: &mut Child,
    into: &mut ChildStdin,
    calls: &ToolCalls,
    observer: &Arc<dyn Observe>,
) -> std::io::Result<Passed> {
    let Some(mut stdout) = from.stdout.take() else {
        return Err(std::io::ErrorKind::BrokenPipe.into());
    };
    let mut lines = Lines::new(&calls.left_out, calls.left_out_until);
    let (mut buffer, mut on) = (vec![0; BUFFER], Vec::with_capacity(BUFFER));
    let mut head = Vec::new();
    let mut bytes: u64 = 0;
    let mut told = Instant::now();
    into.write_all(calls.before.as_bytes()).await?;
    loop {
        let read = stdout.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        let now = &buffer[..read];
        head.extend_from_slice(&now[..now.len().min(HEAD.saturating_sub(head.len()))]);
        lines.pass(now, &mut on);
        into.write_all(&on).await?;
        bytes += read as u64;
        if told.elapsed() > TELL {
            told = Instant::now();
            observer.event(WorkEvent::Doing {
                what: format!("{} MiB are passed on", bytes >> 20),
            });
        }
    }
    into.write_all(&lines.finish()).await?;
    Ok(Passed {
        head: String::from_utf8_lossy(&head).into_owned(),
        bytes,
    })
}

/// A program at work.
struct Running {
    name: String,
    child: Child,
    words: Option<tokio::task::JoinHandle<String>>,
}

impl Running {
    /// Sees it end well; what it says otherwise, when not.
    async fn end(mut self) -> Result<(), ToolError> {
        let status = self.child.wait().await;
        if status.as_ref().is_ok_and(ExitStatus::success) {
            return Ok(());
        }
        let said = heard(self.words).await;
        let lines: Vec<&str> = said
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let from = lines.len().saturating_sub(3);
        Err(ToolError::Failed {
            program: self.name,
            status: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
            said: lines[from..].join("; "),
        })
    }
}
