//! `bench digest`: how long a slow query log is read, beside pt-query-digest and beside a plain read of the file.
//!
//! The log is made up, the same every time: statements of many classes and lengths as an application's are, written as a MySQL
//! server writes them. A contender counts only if it finds every statement.

use std::collections::BTreeMap;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

use daybreak_sandbox::{Sandbox, Tool};
use serde_json::Value;
use tokio::process::Command;

use super::figures::median;
use super::program::{self, Measured};
use super::result::{self, Figure};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// What is measured.
pub(crate) struct Options {
    /// Size of the log, in units of 10^6 bytes.
    pub(crate) megabytes: u32,
    /// Rounds.
    pub(crate) times: usize,
    /// Ours and the limit alone.
    pub(crate) no_peers: bool,
    pub(crate) format: Format,
}

const PEER: &str = "pt-query-digest";

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<Exit, Trouble> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("slow.log");
    let statements = write(&log, u64::from(options.megabytes) * 1_000_000)?;
    output::say(format!(
        "a slow log of {} MB: {statements} statements",
        options.megabytes
    ));
    let tool = if options.no_peers {
        None
    } else {
        let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}")))?;
        match sandbox.tool(Tool::PerconaToolkit).await {
            Ok(tool) => Some(tool),
            Err(error) => {
                output::say(format!("  {PEER} gives no figure: {error}"));
                None
            }
        }
    };
    let mut contenders = vec!["daybreak", "limit"];
    contenders.extend(tool.as_ref().map(|_| PEER));
    let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut memory: f64 = 0.0;
    for round in 0..options.times {
        let (later, sooner) = contenders.split_at(round % contenders.len());
        for contender in sooner.iter().chain(later) {
            let started = Instant::now();
            match (*contender, &tool) {
                ("daybreak", _) => memory = memory.max(ours(&log, statements).await?),
                (PEER, Some(tool)) => {
                    let mut command = Command::new(tool.program(PEER));
                    command.envs(tool.environment.clone());
                    peer(&mut command, &log, statements).await?;
                }
                _ => plain(&log)?,
            }
            let took = started.elapsed().as_secs_f64();
            seconds.entry(contender).or_default().push(took);
            output::say(format!("  round {}: {contender} {took:.2} s", round + 1));
        }
    }
    let of = |contender: &str| seconds.get(contender).and_then(|seconds| median(seconds));
    let figure = Figure {
        case: format!("slow log of {} MB", options.megabytes),
        ours_s: of("daybreak"),
        peer: tool.is_some().then_some(PEER),
        peer_s: of(PEER),
        limit_s: of("limit"),
        peak_memory_mb: Some(memory),
        felt: None,
    };
    result::print(&[figure], options.format);
    Ok(Exit::Done)
}

/// `daybreak slow`, a process of its own; the most memory it had.
async fn ours(log: &Path, statements: u64) -> Result<f64, Trouble> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--format", "json", "slow"]).arg(log);
    let Measured {
        output,
        peak_memory_mb,
    } = program::measured(&mut command).await?;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let found = report["statements"].as_u64();
    if found == Some(statements) {
        return Ok(peak_memory_mb);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(anyhow::anyhow!("`daybreak slow` found {found:?} of {statements} statements: {said}").into())
}

async fn peer(command: &mut Command, log: &Path, statements: u64) -> Result<(), Trouble> {
    command
        .args(["--no-version-check", "--limit=100%", "--output=json"])
        .arg(log);
    let said = program::run(command).await?;
    let from = said.iter().position(|byte| *byte == b'{').unwrap_or(0);
    let report: Value = serde_json::from_slice(&said[from..]).unwrap_or_default();
    let classes = report["classes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found: u64 = classes
        .iter()
        .filter_map(|class| class["query_count"].as_u64())
        .sum();
    if found == statements {
        return Ok(());
    }
    Err(anyhow::anyhow!("{PEER} found {found} of {statements} statements").into())
}

/// Reads the file and does nothing with it.
fn plain(log: &Path) -> Result<(), Trouble> {
    let mut file = std::fs::File::open(log)?;
    let mut block = vec![0; 1 << 20];
    while file.read(&mut block)? > 0 {}
    Ok(())
}

/// Writes the log; how many statements are in it.
fn write(path: &Path, bytes: u64) -> Result<u64, Trouble> {
    let mut log = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut written, mut statements) = (0, 0);
    while written < bytes {
        let (id, table) = (next(10_000_000), next(120));
        let table = format!(
            "{}_{}",
            ["orders", "users", "items", "carts", "events"][(table % 5) as usize],
            (b'a' + (table % 24) as u8) as char
        );
        let statement = match next(6) {
            0 => format!("SELECT id, name, price FROM {table} WHERE id = {id} AND state = 'open' LIMIT 10"),
            1 => format!(
                "SELECT * FROM {table} JOIN customers ON customers.id = {table}.customer WHERE customers.mail = 'someone{id}@example.com' ORDER BY created_at DESC LIMIT 20, 10"
            ),
            2 => format!(
                "UPDATE {table} SET state = 'closed', changed_at = '2026-11-26 09:{:02}:{:02}' WHERE id = {id}",
                id % 60,
                id % 59
            ),
            3 => {
                let ids: Vec<String> = (0..2 + next(40)).map(|more| (id + more).to_string()).collect();
                format!(
                    "SELECT id, note FROM {table} WHERE id IN ({}) AND note IS NOT NULL",
                    ids.join(", ")
                )
            }
            4 => {
                let rows: Vec<String> = (0..1 + next(12))
                    .map(|more| format!("({}, 'a note of {more} words', NULL, 12.5)", id + more))
                    .collect();
                format!(
                    "INSERT INTO {table} (id, note, parent, price) VALUES {}",
                    rows.join(", ")
                )
            }
            _ => format!(
                "DELETE FROM {table} WHERE created_at < '2026-01-01' AND id BETWEEN {id} AND {} /* job {} */",
                id + 1000,
                id % 7
            ),
        };
        let event = format!(
            "# Time: 2026-11-26T{:02}:{:02}:{:02}.{:06}Z\n# User@Host: app{}[app] @ web{} [10.0.0.{}]  Id: {}\n\
             # Query_time: 0.{:06}  Lock_time: 0.{:06} Rows_sent: {}  Rows_examined: {}\nSET timestamp={};\n{statement};\n",
            statements / 360_000 % 24,
            statements / 6000 % 60,
            statements / 100 % 60,
            next(1_000_000),
            next(4),
            next(20),
            next(20),
            next(5000),
            next(1_000_000),
            next(1000),
            next(50),
            next(5000),
            1_795_651_200 + statements / 100,
        );
        log.write_all(event.as_bytes())?;
        written += event.len() as u64;
        statements += 1;
    }
    log.flush()?;
    Ok(statements)
}
