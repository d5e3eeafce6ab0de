//! Other programs, run to their end.

use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use daybreak_sandbox::Login;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::exit::Trouble;
use crate::private;

/// How often a process is asked how much memory it ever had.
const SAMPLE: Duration = Duration::from_millis(10);

/// An option file of MySQL's clients, for whoever owns it alone.
pub(super) fn option_file(path: &Path, login: &Login) -> Result<(), Trouble> {
    let text = format!(
        "[client]\nhost=127.0.0.1\nuser={}\npassword={}\n",
        login.name(),
        login.password()
    );
    Ok(private::write(path, text)?)
}

/// Runs a program; its failure carries the end of what it said.
pub(super) async fn run(command: &mut Command) -> Result<Vec<u8>, Trouble> {
    Ok(told(command).await?.stdout)
}

/// The same, for one that complains on standard error and does not fail.
pub(super) async fn told(command: &mut Command) -> Result<Output, Trouble> {
    let output = quiet(command).stdout(Stdio::piped()).spawn()?;
    let output = output.wait_with_output().await?;
    judge(command, output.status, &output.stderr)?;
    Ok(output)
}

/// A program that has ended, and the most resident memory that it had, in units of 2^20 bytes.
pub(super) struct Measured {
    pub(super) output: Output,
    pub(super) peak_memory_mb: f64,
}

/// Runs a program to whatever end, and asks all the time how much memory it ever had.
pub(super) async fn measured(command: &mut Command) -> Result<Measured, Trouble> {
    let child = quiet(command).stdout(Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id().unwrap_or_default());
    let ended = child.wait_with_output();
    tokio::pin!(ended);
    let mut samples = tokio::time::interval(SAMPLE);
    let mut peak_memory_mb: f64 = 0.0;
    loop {
        tokio::select! {
            output = &mut ended => return Ok(Measured { output: output?, peak_memory_mb }),
            _ = samples.tick() => {
                let seen = std::fs::read_to_string(&status).ok().and_then(|status| high_water(&status));
                peak_memory_mb = peak_memory_mb.max(seen.unwrap_or(0.0));
            }
        }
    }
}

/// The most resident memory that this process ever had, in units of 2^20 bytes.
pub(super) fn own_peak_memory_mb() -> Option<f64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM` of `/proc/PID/status`.
fn high_water(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Runs a program with a text on its standard input.
pub(super) async fn feed(command: &mut Command, text: &str) -> Result<(), Trouble> {
    let mut child = quiet(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().expect("it was asked for");
    let write = async move {
        // A program that ends early says why by itself.
        let _ = input.write_all(text.as_bytes()).await;
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), write);
    let output = output?;
    judge(command, output.status, &output.stderr)
}

/// Runs two programs, the standard output of the first being the input of the second.
pub(super) async fn pipe(from: &mut Command, to: &mut Command) -> Result<(), Trouble> {
    let mut first = quiet(from).stdout(Stdio::piped()).spawn()?;
    let between: Stdio = first.stdout.take().expect("it was asked for").try_into()?;
    let second = quiet(to).stdin(between).stdout(Stdio::null()).spawn()?;
    // Ours is a copy of the pipe's end: the second sees the end of its input only without it.
    to.stdin(Stdio::null());
    let (first, second) = tokio::join!(first.wait_with_output(), second.wait_with_output());
    let (first, second) = (first?, second?);
    judge(to, second.status, &second.stderr)?;
    judge(from, first.status, &first.stderr)
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .env("LC_ALL", "C.UTF-8")
        .kill_on_drop(true)
}

fn judge(command: &Command, status: ExitStatus, said: &[u8]) -> Result<(), Trouble> {
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let program = Path::new(command.as_std().get_program());
    Err(anyhow::anyhow!(
        "{} ended with {status}:\n{}",
        program.file_name().unwrap_or_default().to_string_lossy(),
        lines[lines.len().saturating_sub(8)..].join("\n")
    )
    .into())
}
