//! `daybreak data-check` in a process of its own, as anybody runs it: from the walk to the verdict.

use serde_json::Value;
use tokio::process::Command;

use super::super::program::{self, Measured};

use super::ground::{Ground, Kind};
use super::tables::Case;
use crate::exit::Trouble;

/// Compares all three servers; the most resident memory that the process had, in units of 2^20 bytes.
pub(super) async fn run(ground: &Ground, case: &Case) -> Result<f64, Trouble> {
    let Measured {
        output,
        peak_memory_mb,
    } = program::measured(&mut start(ground)?).await?;
    let said = output.stdout;
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
    Ok(peak_memory_mb)
}

fn start(ground: &Ground) -> Result<Command, Trouble> {
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
    Ok(command)
}
