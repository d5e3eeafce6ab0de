//! `daybreak data-check` of a large table while it is written: every planted difference is named, on the company's replica
//! and on the target of a migration, by row and column.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, Login, Server, ServerKind};
use serde_json::{Value, json};

use crate::ground::{self, Ground};
use crate::looking::{Looking, list, run};

/// How many rows the large table has.
const ROWS: u32 = 1_000_000;

fn tables(kind: ServerKind) -> String {
    let rows = match kind.engine() {
        Engine::Mysql => format!(
            "SET SESSION cte_max_recursion_depth = {ROWS}; \
             CREATE TABLE shop.million (id INT PRIMARY KEY, balance BIGINT NOT NULL, note VARCHAR(20)); \
             INSERT INTO shop.million WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i, 100, 'x' FROM n"
        ),
        Engine::Postgres => format!(
            "CREATE TABLE shop.million (id integer PRIMARY KEY, balance bigint NOT NULL, note varchar(20)); \
             INSERT INTO shop.million SELECT i, 100, 'x' FROM generate_series(1, {ROWS}) AS i; ANALYZE shop.million"
        ),
    };
    format!(
        "{rows}; CREATE TABLE shop.keyless (a INT, b VARCHAR(10)); INSERT INTO shop.keyless VALUES (1, 'one'), (1, 'one'), (2, 'two')"
    )
}

/// What is planted: with it, what has to be named in the large table.
fn defects(balance: u32) -> (String, Vec<Value>) {
    let text = format!(
        "UPDATE shop.million SET balance = {balance} WHERE id = 500500; UPDATE shop.million SET note = NULL WHERE id = 700001; \
         DELETE FROM shop.million WHERE id = {ROWS}; INSERT INTO shop.million VALUES (0, 0, ''); \
         UPDATE shop.keyless SET b = 'TWO' WHERE a = 2"
    );
    let named = vec![
        json!({"key": "0", "kind": "extra", "columns": []}),
        json!({"key": "1000000", "kind": "missing", "columns": []}),
        json!({"key": "500500", "kind": "changed", "columns": [{"column": "balance", "here": null, "there": null}]}),
        json!({"key": "700001", "kind": "changed", "columns": [{"column": "note", "here": null, "there": null}]}),
    ];
    (text, named)
}

/// What the report names in the large table of one server, without the values.
fn named(report: &Value, server: &str) -> Vec<Value> {
    let rows = list(report, "differences").iter();
    let of = |row: &&Value| {
        row["server"].as_str().is_some_and(|name| name.contains(server)) && row["table"] == "shop.million"
    };
    let mut rows: Vec<Value> = rows
        .filter(of)
        .map(|row| {
            let columns: Vec<Value> = list(row, "columns")
                .iter()
                .map(|column| json!({"column": column["column"], "here": null, "there": null}))
                .collect();
            json!({"key": row["key"], "kind": row["kind"], "columns": columns})
        })
        .collect();
    rows.sort_by_key(|row| row["key"].as_str().map(str::to_owned));
    rows
}

/// The verdict on the table that has no key.
fn keyless<'a>(report: &'a Value, server: &str) -> &'a Value {
    let mut nodes = list(report, "nodes").iter();
    let node = nodes.find(|node| node["server"].as_str().is_some_and(|name| name.contains(server)));
    let node = node.unwrap_or_else(|| panic!("{server} is none of the nodes: {report}"));
    let mut tables = list(node, "tables").iter();
    let table = tables.find(|table| table["table"]["name"] == "keyless" || table["table"] == "shop.keyless");
    &table.unwrap_or_else(|| panic!("no table without a key: {node}"))["verdict"]
}

/// Transfers between rows of the large table, until it is told to stop.
fn writing(ground: &Arc<Ground>, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<u32> {
    let (ground, stop) = (Arc::clone(ground), Arc::clone(stop));
    tokio::spawn(async move {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            let (one, other) = (written % 997 + 1, 900_000 + written % 991);
            let transfer = format!(
                "BEGIN; UPDATE shop.million SET balance = balance - 1 WHERE id = {one}; \
                 UPDATE shop.million SET balance = balance + 1 WHERE id = {other}; COMMIT"
            );
            run(&ground.estate.primary, "shop", &transfer).await;
            written += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        written
    })
}

/// The plan's own check, whose answer must be this.
async fn check(ground: &Ground, arguments: &[&str], status: i32) -> Value {
    let all = [&["--format", "json", "data-check"], arguments].concat();
    let output = ground.run(&all).await;
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(status), "{said}\n{printed}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {printed}"))
}

/// A server as messages name it.
fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

async fn laid(estate: EstateOptions, cluster: AuroraOptions) -> Option<Arc<Ground>> {
    let ground = ground::lay(estate.replicas(1), cluster).await?;
    ground.found(200).await;
    run(
        &ground.estate.primary,
        "shop",
        &tables(ground.estate.primary.kind()),
    )
    .await;
    let also = format!("also = [\"{}\"]", address(ground.estate.replicas[0].port()));
    ground
        .init(|plan| match ground.estate.primary.kind().engine() {
            Engine::Mysql => plan,
            Engine::Postgres => plan.replace("# also = [\"10.0.0.7:5433\"]", &also),
        })
        .await;
    ground
        .succeed(&["--format", "json", "run", "--until", "data.check"])
        .await;
    Some(Arc::new(ground))
}

/// Waits until the replica has an account.
async fn admitted(server: &Server, login: &Login) {
    for _ in 0..600 {
        if server.rows_as(login, "shop", "SELECT 1").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the account never arrived on {}", server.name());
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_in_a_million_rows_of_mysql_are_named_under_writes() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = laid(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    let replica = &ground.estate.replicas[0];
    let stop = Arc::new(AtomicBool::new(false));
    let load = writing(&ground, &stop);
    let clean = check(&ground, &[], 0).await;
    assert_eq!(
        list(&clean, "nodes").len(),
        2,
        "the replica and the target: {clean}"
    );

    let (text, on_replica) = defects(7);
    let open = "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0";
    run(
        replica,
        "shop",
        &format!("{open}; {text}; SET GLOBAL super_read_only = ON"),
    )
    .await;
    let (text, on_target) = defects(8);
    run(
        ground.cluster.writer(),
        "shop",
        &format!("SET SESSION sql_log_bin = 0; {text}"),
    )
    .await;
    let report = check(&ground, &[], 3).await;
    let (at_replica, at_target) = (address(replica.port()), address(ground.cluster.cluster_port()));
    assert_eq!(named(&report, &at_replica), on_replica, "{report}");
    assert_eq!(named(&report, &at_target), on_target, "{report}");
    for node in [&at_replica, &at_target] {
        assert!(keyless(&report, node)["different"].is_object(), "{report}");
    }

    // Who looks without a plan, with no more rights than are printed, sees the same; the target is one of those that follow.
    let looking = Looking::new();
    let login = looking.account(&ground.estate, &["check"], &[], "compares").await;
    admitted(replica, &login).await;
    admitted(ground.cluster.writer(), &login).await;
    let report = looking
        .json(&ground.estate.primary, &login, &["data-check"], 3)
        .await;
    assert_eq!(list(&report, "nodes").len(), 2, "{report}");
    assert_eq!(named(&report, &at_replica), on_replica, "{report}");
    let target = address(ground.cluster.writer().port());
    assert_eq!(named(&report, &target), on_target, "{report}");
    stop.store(true, Ordering::Relaxed);
    assert!(load.await.expect("the application") > 10);
}

/// A standby is its primary's bytes: nothing else can be planted there.
#[tokio::test(flavor = "multi_thread")]
async fn differences_in_a_million_rows_of_postgres_are_named_under_writes() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    let Some(ground) = laid(estate, AuroraOptions::postgres(17)).await else {
        return;
    };
    let standby = address(ground.estate.replicas[0].port());
    let stop = Arc::new(AtomicBool::new(false));
    let load = writing(&ground, &stop);
    let clean = check(&ground, &[], 0).await;
    assert_eq!(
        list(&clean, "nodes").len(),
        2,
        "the standby and the target: {clean}"
    );

    let (text, on_target) = defects(8);
    run(
        ground.cluster.writer(),
        "shop",
        &format!("SET TRANSACTION READ WRITE; SET session_replication_role = replica; {text}"),
    )
    .await;
    let report = check(&ground, &[], 3).await;
    let target = address(ground.cluster.cluster_port());
    assert_eq!(named(&report, &target), on_target, "{report}");
    assert!(keyless(&report, &target)["different"].is_object(), "{report}");
    assert_eq!(named(&report, &standby), Vec::<Value>::new(), "{report}");
    assert_eq!(keyless(&report, &standby), "same", "{report}");

    let looking = Looking::new();
    let schemas = ["shop"];
    let login = looking
        .account(&ground.estate, &["check"], &schemas, "compares")
        .await;
    let mut statements = vec!["CREATE ROLE compares LOGIN PASSWORD 'Only-This-1'".to_owned()];
    statements.extend(
        looking
            .grants(&ground.estate, &["check"], &schemas, "compares")
            .await,
    );
    for statement in statements {
        run(
            ground.cluster.writer(),
            "shop",
            &format!("SET TRANSACTION READ WRITE; {statement}"),
        )
        .await;
    }
    admitted(&ground.estate.replicas[0], &login).await;
    let url = looking.url(ground.cluster.writer(), &login).await;
    let arguments = [
        "data-check",
        "--also",
        &standby,
        "--node",
        &url,
        "--schema",
        "shop",
    ];
    let report = looking.json(&ground.estate.primary, &login, &arguments, 3).await;
    assert_eq!(list(&report, "nodes").len(), 2, "{report}");
    let target = address(ground.cluster.writer().port());
    assert_eq!(named(&report, &target), on_target, "{report}");
    stop.store(true, Ordering::Relaxed);
    assert!(load.await.expect("the application") > 10);
}
