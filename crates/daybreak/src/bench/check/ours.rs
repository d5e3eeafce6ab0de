//! `daybreak data-check` in a process of its own, as anybody runs it: from the walk to the verdict.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

use super::ground::{Ground, Kind};
use super::tables::Case;
use crate::exit::Trouble;

/// How often the process is asked how much memory it ever had.
const SAMPLE: Duration = Duration::from_millis(10);

/// Compares all three servers; the most resident memory that the process had, in units of 2^20 bytes.
pub(super) async fn run(ground: &Ground, case: &Case) -> Result<f64, Trouble> {
    let mut child = start(ground)?;
    let mut memory: f64 = 0.0;
    let mut samples = tokio::time::interval(SAMPLE);
    let status = format!("/proc/{}/status", child.id().unwrap_or_default());
    let mut stdout = child.stdout.take().expect("it was asked for");
    let mut said = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stdout, &mut said);
    tokio::pin!(read);
    loop {
        tokio::select! {
            read = &mut read => {
                read?;
                break;
            }
            _ = samples.tick() => {
                let seen = std::fs::read_to_string(&status).ok().and_then(|status| high_water(&status));
                memory = memory.max(seen.unwrap_or(0.0));
            }
        }
    }
    let output = child.wait_with_output().await?;
    let report: Value = serde_json::from_slice(&said).unwrap_or_default();
    let rows = |node: &Value| node["rows"].as_u64();
    let nodes = report["nodes"].as_array();
    let whole = nodes
        .is_some_and(|nodes| nodes.len() == 2 && nodes.iter().all(|node| rows(node) == Some(case.rows())));
    if report["verdict"] != "same" || !whole {
        return Err(anyhow::anyhow!(
            "`daybreak data-check` ended with {} and did not find all rows the same:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&said)
        )
        .into());
    }
    Ok(memory)
}

fn start(ground: &Ground) -> Result<Child, Trouble> {
    let source = &ground.estate.primary;
    let url = ground.endpoint(source)?;
    let (scheme, database) = match ground.kind {
        Kind::Mysql | Kind::MariaDb => ("mysql", "bench"),
        Kind::Postgres => ("postgres", ground.estate.database.as_str()),
    };
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("--plan")
        .arg(ground.scratch().join("daybreak.toml"))
        .args([
            "--format",
            "json",
            "data-check",
            "--fresh",
            "--schema",
            "bench",
            "--source",
        ])
        .arg(format!(
            "{scheme}://{}@{}/{database}?tls=off",
            ground.estate.admin.name(),
            url.address()
        ))
        .env("DAYBREAK_SOURCE_PASSWORD", ground.estate.admin.password());
    for server in &ground.estate.replicas {
        command.arg("--also").arg(server.address().to_string());
    }
    Ok(command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?)
}

/// `VmHWM` of `/proc/PID/status`.
fn high_water(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
