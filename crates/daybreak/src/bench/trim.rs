//! `bench trim`: how long it takes to archive and delete half of a table's rows on MariaDB, behind a replica that may lag so far,
//! beside pt-archiver with its bulk options.
//!
//! The table is made anew before each contender. Ours writes Parquet that it reads back; pt-archiver writes text, and reads nothing
//! back. A contender counts only if exactly the rows that were meant are gone, and as many are in its archive.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, Tool, ToolPrograms};
use serde_json::Value;
use tokio::process::Command;

use super::check::Kind;
use super::check::tables::{self, Case};
use super::figures::median;
use super::program::{self, Measured};
use super::result::{self, Figure};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// What is measured.
pub(crate) struct Options {
    /// Rows of the table.
    pub(crate) rows: u64,
    /// How far the replica may be behind, in seconds.
    pub(crate) max_lag: u32,
    /// Rounds.
    pub(crate) times: usize,
    /// Ours alone.
    pub(crate) no_peers: bool,
    pub(crate) format: Format,
}

const PEER: &str = "pt-archiver";

/// How long the replica may take to have the table.
const FOLLOWING: Duration = Duration::from_secs(600);

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<Exit, Trouble> {
    let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}")))?;
    let estate = EstateOptions::new(ServerKind::MariaDb1011)
        .setting("innodb_buffer_pool_size", "512M")
        .setting("innodb_flush_log_at_trx_commit", "2")
        .setting("sync_binlog", "0")
        .replicas(1);
    let estate = Estate::start(&sandbox, estate).await?;
    let tool = if options.no_peers {
        None
    } else {
        match sandbox.tool(Tool::PerconaToolkit).await {
            Ok(tool) => Some(tool),
            Err(error) => {
                output::say(format!("  {PEER} gives no figure: {error}"));
                None
            }
        }
    };
    let case = Case {
        name: "mariadb half of a table".to_owned(),
        tables: 1,
        rows_per_table: options.rows,
    };
    output::say(format!(
        "{}: {} of {} rows",
        case.name,
        options.rows / 2,
        options.rows
    ));
    let mut contenders = vec!["daybreak"];
    contenders.extend(tool.as_ref().map(|_| PEER));
    let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut memory: f64 = 0.0;
    for round in 0..options.times {
        let (later, sooner) = contenders.split_at(round % contenders.len());
        for contender in sooner.iter().chain(later) {
            fill(&estate, &case, options.rows).await?;
            let folder = tempfile::tempdir()?;
            let started = Instant::now();
            match &tool {
                Some(tool) if *contender == PEER => peer(tool, &estate, folder.path(), options).await?,
                _ => memory = memory.max(ours(&estate, folder.path(), options).await?),
            }
            let took = started.elapsed().as_secs_f64();
            let left = estate
                .primary
                .value("SELECT COUNT(*) FROM bench.t1 WHERE id > 0")
                .await?;
            if left != Some((options.rows - options.rows / 2).to_string()) {
                return Err(anyhow::anyhow!("{contender} left {left:?} rows of {}", options.rows).into());
            }
            seconds.entry(contender).or_default().push(took);
            output::say(format!("  round {}: {contender} {took:.2} s", round + 1));
        }
    }
    let of = |contender: &str| seconds.get(contender).and_then(|seconds| median(seconds));
    let figure = Figure {
        case: case.name,
        ours_s: of("daybreak"),
        peer: tool.is_some().then_some(PEER),
        peer_s: of(PEER),
        limit_s: None,
        peak_memory_mb: Some(memory),
        felt: None,
    };
    result::print(&[figure], options.format);
    Ok(Exit::Done)
}

/// Makes the table, and waits until the replica has it.
async fn fill(estate: &Estate, case: &Case, rows: u64) -> Result<(), Trouble> {
    for statement in tables::statements(Kind::MariaDb, case, estate.admin.name()) {
        estate.primary.rows(&statement).await?;
    }
    let count = "SELECT COUNT(*) FROM bench.t1";
    for replica in &estate.replicas {
        replica.wait_for(count, &rows.to_string(), FOLLOWING).await?;
    }
    Ok(())
}

/// `daybreak trim`, a process of its own; the most memory it had.
async fn ours(estate: &Estate, folder: &Path, options: &Options) -> Result<f64, Trouble> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("--plan")
        .arg(folder.join("daybreak.toml"))
        .args([
            "--format",
            "json",
            "trim",
            "--table",
            "bench.t1",
            "--execute",
            "--where",
        ])
        .arg(format!("id <= {}", options.rows / 2))
        .arg("--max-lag")
        .arg(options.max_lag.to_string())
        .arg("--archive")
        .arg(folder)
        .arg("--source")
        .arg(format!(
            "mysql://{}@{}/?tls=off",
            estate.admin.name(),
            estate.primary.address()
        ))
        .env("DAYBREAK_SOURCE_PASSWORD", estate.admin.password());
    for replica in &estate.replicas {
        command.arg("--also").arg(replica.address().to_string());
    }
    let Measured {
        output,
        peak_memory_mb,
    } = program::measured(&mut command).await?;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if report[0]["tables"][0]["deleted"] == options.rows / 2 && output.status.success() {
        return Ok(peak_memory_mb);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(anyhow::anyhow!("`daybreak trim` ended with {}: {report} {said}", output.status).into())
}

async fn peer(tool: &ToolPrograms, estate: &Estate, folder: &Path, options: &Options) -> Result<(), Trouble> {
    let file = folder.join("pt.cnf");
    program::option_file(&file, &estate.admin)?;
    let archive = folder.join("archive.txt");
    let mut command = Command::new(tool.program(PEER));
    command.envs(tool.environment.clone());
    command
        .args([
            "--no-version-check",
            "--limit=1000",
            "--commit-each",
            "--bulk-delete",
            "--buffer",
        ])
        .arg(format!("--max-lag={}s", options.max_lag))
        .arg("--source")
        .arg(format!(
            "F={},h=127.0.0.1,P={},D=bench,t=t1",
            file.display(),
            estate.primary.port()
        ))
        .arg(format!("--where=id <= {}", options.rows / 2))
        .arg("--file")
        .arg(&archive);
    for replica in &estate.replicas {
        command.arg("--check-slave-lag").arg(format!(
            "F={},h=127.0.0.1,P={}",
            file.display(),
            replica.port()
        ));
    }
    program::run(&mut command).await?;
    let text = std::fs::read(&archive)?;
    let rows = lines(&text);
    if rows == options.rows / 2 {
        return Ok(());
    }
    Err(anyhow::anyhow!("{PEER} archived {rows} rows of {}", options.rows / 2).into())
}

/// Lines of a text: no value of the table has one in it.
fn lines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}
