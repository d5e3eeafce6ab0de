//! Our own load, in a process of its own: so that it is measured as a peer is, from its start to its end, and so that the
//! memory that is told is the load's alone.

use std::sync::Arc;

use daybreak_engine::database;
use daybreak_model::{Endpoint, Scope};
use daybreak_work::{LoadSettings, Observe, Silent};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::super::program;
use super::CONNECTIONS;
use crate::exit::{Exit, Trouble};
use crate::output;

/// Where the process finds the addresses, with their passwords: no process list shows its environment to others.
const SOURCE: &str = "DAYBREAK_BENCH_SOURCE";
const TARGET: &str = "DAYBREAK_BENCH_TARGET";

/// What the process says of its load.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Loaded {
    /// Seconds from the snapshot to the last object, without the process's own start.
    pub(super) seconds: f64,
    rows: u64,
    /// `VmHWM` of `/proc/self/status`: the most resident memory it ever had.
    pub(super) peak_memory_mb: f64,
}

/// Starts the process and waits for it.
pub(super) async fn load(addresses: &(String, String)) -> Result<Loaded, Trouble> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["bench", "load"])
        .env(SOURCE, &addresses.0)
        .env(TARGET, &addresses.1);
    let said = program::run(&mut command).await?;
    Ok(serde_json::from_slice(&said)?)
}

/// What the process does.
pub(crate) async fn carry_out() -> Result<Exit, Trouble> {
    let endpoint = |label: &str, variable: &str| -> Result<Endpoint, Trouble> {
        let url = std::env::var(variable)
            .map_err(|_| Trouble::usage(anyhow::anyhow!("{variable} is not set"), None))?;
        Endpoint::parse(label, &url).map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, Some(hint))
        })
    };
    let source = database(endpoint("source", SOURCE)?);
    let target = database(endpoint("target", TARGET)?);
    let scope = Scope::of(vec!["bench".to_owned()]);
    let settings = LoadSettings {
        workers: CONNECTIONS,
        ..LoadSettings::new("bench")
    };
    let observer: Arc<dyn Observe> = Arc::new(Silent);
    let report = daybreak_work::load(&source, &target, &scope, &settings, false, &observer)
        .await
        .map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, hint)
        })?;
    output::json(&Loaded {
        seconds: report.seconds,
        rows: report.rows,
        peak_memory_mb: peak_memory_mb()?,
    });
    Ok(Exit::Done)
}

fn peak_memory_mb() -> Result<f64, Trouble> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes: Option<f64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok());
    kilobytes
        .map(|kilobytes| kilobytes / 1024.0)
        .ok_or_else(|| anyhow::anyhow!("/proc/self/status tells no VmHWM").into())
}
