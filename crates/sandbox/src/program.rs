//! Running a program to its end and keeping what it said.

use std::process::{Command, Stdio};

use crate::SandboxError;

/// Runs the command and gives its standard output; a failure carries the end of what it said.
pub(crate) fn run(command: &mut Command) -> Result<String, SandboxError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| SandboxError::Program {
            program: program.clone(),
            outcome: source.to_string(),
        })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(SandboxError::Program {
        program,
        outcome: format!(
            "{}: {}",
            output.status,
            last_lines(&format!("{said}{complaint}"), 12)
        ),
    })
}

/// The last `count` lines of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
