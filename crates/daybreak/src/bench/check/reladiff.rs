//! reladiff at its default settings, all columns, in one process: the primary beside each of the other two, table by table.

use daybreak_sandbox::Tool;
use tokio::process::Command;

use super::super::program;
use super::ground::{Ground, Kind};
use super::tables::Case;
use crate::exit::Trouble;

/// MySQL 9 has no `MD5()` of its own, which reladiff asks for.
pub(super) async fn prepare(ground: &Ground) -> Result<(), Trouble> {
    if ground.kind != Kind::Mysql {
        return Ok(());
    }
    for server in ground.servers() {
        let has =
            "SELECT COUNT(*) FROM mysql.component WHERE component_urn = 'file://component_classic_hashing'";
        if server.value(has).await?.as_deref() == Some("1") {
            continue;
        }
        let read_only = server.value("SELECT @@GLOBAL.super_read_only").await?;
        server
            .rows(&format!(
                "SET GLOBAL super_read_only = OFF; INSTALL COMPONENT 'file://component_classic_hashing'; SET GLOBAL super_read_only = {}",
                read_only.unwrap_or_else(|| "0".to_owned())
            ))
            .await?;
    }
    Ok(())
}

/// Compares everything; fails where reladiff finds a difference.
pub(super) async fn run(ground: &Ground, case: &Case) -> Result<(), Trouble> {
    let tool = ground.sandbox.tool(Tool::Reladiff).await?;
    let mut servers = ground.servers().map(|server| {
        let url = ground.url(server);
        url.replacen("postgres://", "postgresql://", 1)
    });
    let source = servers.next().expect("a primary");
    let others: Vec<String> = servers.collect();
    let mut command = Command::new(tool.program("python3"));
    command
        .envs(tool.environment)
        .args(["-c", include_str!("reladiff.py")])
        .args(case.names())
        .env("BENCH_SOURCE", source)
        .env("BENCH_OTHERS", others.join(" "));
    program::run(&mut command).await.map(drop)
}
