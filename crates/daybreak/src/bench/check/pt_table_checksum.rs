//! pt-table-checksum at its default settings: it writes checksums on the primary, statement replication computes them again on every
//! replica, and it reads what differs.

use std::path::PathBuf;
use std::time::Instant;

use daybreak_sandbox::Tool;
use tokio::process::Command;

use super::super::program;
use super::ground::Ground;
use super::tables::Case;
use crate::exit::Trouble;

fn option_file(ground: &Ground) -> PathBuf {
    ground.scratch().join("pt.cnf")
}

/// Writes its password where no process list shows it.
pub(super) fn prepare(ground: &Ground) -> Result<(), Trouble> {
    program::option_file(&option_file(ground), &ground.estate.admin)
}

/// Seconds of the whole process.
pub(super) async fn run(ground: &Ground, case: &Case) -> Result<f64, Trouble> {
    let primary = &ground.estate.primary;
    primary.rows("DROP DATABASE IF EXISTS percona").await?;
    let tool = ground.sandbox.tool(Tool::PerconaToolkit).await?;
    let mut command = Command::new(tool.program("pt-table-checksum"));
    command
        .envs(tool.environment)
        .args(["--databases=bench", "--no-version-check"])
        .arg(format!(
            "F={},h=127.0.0.1,P={}",
            option_file(ground).display(),
            primary.port()
        ));
    let started = Instant::now();
    let told = program::told(&mut command).await?;
    let took = started.elapsed().as_secs_f64();
    let complaint = String::from_utf8_lossy(&told.stderr);
    if !complaint.trim().is_empty() {
        return Err(anyhow::anyhow!("it complained: {}", complaint.trim()).into());
    }
    // Its exit status says that nothing differs; that nothing was passed over, it has written down.
    for server in ground.servers() {
        let rows = "SELECT CAST(SUM(this_cnt) AS CHAR) FROM percona.checksums WHERE db = 'bench'";
        let rows = server.value(rows).await?;
        if rows != Some(case.rows().to_string()) {
            return Err(anyhow::anyhow!("it looked at {rows:?} rows of {}", case.rows()).into());
        }
    }
    Ok(took)
}
