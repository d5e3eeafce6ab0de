//! `daybreak demo`, as a newcomer runs it: real servers, three moves under load, and a last line that programs read.

use std::process::Output;

use daybreak_sandbox::{Sandbox, ServerKind, available};
use serde_json::Value;
use tokio::process::Command;

async fn demo(folder: &std::path::Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_daybreak"))
        .args(["demo", "--yes", "--format", "json", "--seconds", "1"])
        .arg("--folder")
        .arg(folder)
        .args(more)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("the program runs")
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

/// The last line, of a demo that ended well.
fn summary(output: &Output, engine: &str) -> Value {
    let all = words(output);
    assert!(output.status.success(), "{}: {all}", output.status);
    let told = String::from_utf8_lossy(&output.stdout);
    let last = told.lines().last().expect("a last line");
    let summary: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
    assert_eq!(summary["engine"], engine, "{summary}");
    for version in ["source_version", "target_version"] {
        assert!(
            summary[version].as_str().is_some_and(|text| !text.is_empty()),
            "{summary}"
        );
    }
    let number = |value: &Value| {
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{value} is no number: {summary}"))
    };
    for some in ["tables", "rows_copied", "load_seconds", "acknowledged_writes"] {
        assert!(number(&summary[some]) > 0.0, "{some}: {summary}");
    }
    for none in ["lost_writes", "duplicated_writes"] {
        assert_eq!(summary[none], 0, "{summary}");
    }
    assert_eq!(summary["balances_conserved"], true, "{summary}");
    let moves = summary["cutovers"].as_array().expect("moves");
    let directions: Vec<&str> = moves
        .iter()
        .filter_map(|moved| moved["direction"].as_str())
        .collect();
    assert_eq!(
        directions,
        ["source to target", "target to source", "source to target"]
    );
    for moved in moves {
        assert!(number(&moved["write_pause_ms"]) > 0.0, "{summary}");
        assert!(number(&moved["client_errors"]) >= 0.0, "{summary}");
    }
    let check = &summary["data_check"];
    assert_eq!(check["verdict"], "same", "{summary}");
    assert_eq!(check["tables"], summary["tables"], "{summary}");
    assert!(
        number(&check["rows"]) >= number(&summary["rows_copied"]),
        "{summary}"
    );
    assert_eq!(summary["reverse_replication"]["running"], true, "{summary}");
    let report = summary["report"].as_str().expect("a report");
    let page = std::fs::read_to_string(report).expect("the report is there");
    assert!(page.contains("cutover.fence"), "it tells of the moves");
    summary
}

/// Whether this machine can have what the demo starts; a notice, where not.
async fn can_be_had(engine: &str) -> bool {
    let (kinds, client) = match engine {
        "mysql" => (vec![ServerKind::Mysql97], "mysql"),
        _ => (vec![ServerKind::Postgres(15), ServerKind::Postgres(17)], "psql"),
    };
    let sandbox = Sandbox::open().expect("a sandbox");
    for kind in kinds {
        if available(sandbox.program(kind, client).await).is_none() {
            return false;
        }
    }
    true
}

async fn moves_there_and_back(engine: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("demo");
    if !can_be_had(engine).await {
        return;
    }
    let output = demo(&place, &["--engine", engine]).await;
    let summary = summary(&output, engine);
    for moved in summary["cutovers"].as_array().expect("moves") {
        assert!(
            moved.get("chaos").is_none(),
            "nothing is broken unasked: {summary}"
        );
    }
    // A folder of an earlier demo is used again; one of somebody else's is not.
    std::fs::write(folder.path().join("mine"), "precious").expect("written");
    let refused = demo(folder.path(), &["--engine", engine]).await;
    assert!(!refused.status.success(), "{}", words(&refused));
    let mine = std::fs::read_to_string(folder.path().join("mine"));
    assert_eq!(mine.expect("it is left"), "precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    moves_there_and_back("mysql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    moves_there_and_back("postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_through_its_own_chaos() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("demo");
    if !can_be_had("postgres").await {
        return;
    }
    let output = demo(&place, &["--engine", "postgres", "--chaos", "--seed", "7"]).await;
    let summary = summary(&output, "postgres");
    let moves = summary["cutovers"].as_array().expect("moves");
    let strikes: usize = moves
        .iter()
        .filter_map(|moved| moved["chaos"].as_array())
        .map(Vec::len)
        .sum();
    assert!(strikes > 0, "something was broken: {summary}");
}
