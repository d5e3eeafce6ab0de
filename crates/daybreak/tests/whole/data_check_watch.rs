//! `daybreak data-check --watch`: drift is told when it is proven and when it is mended, a server that is away is lived with, and
//! a watcher that is killed goes on.

use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Server, ServerKind, available};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::looking::{Looking, list};

async fn run(server: &Server, statements: &str) {
    let ran = server.rows_in("shop", statements).await;
    ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// A watcher and what it tells.
struct Watcher {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watcher {
    async fn start(looking: &Looking, estate: &Estate, more: &[&str]) -> Self {
        let arguments = [&["--format", "json", "data-check", "--watch"], more].concat();
        let mut child = looking.speaking(&estate.primary, &estate.admin, &arguments).await;
        let lines = BufReader::new(child.stdout.take().expect("an output")).lines();
        Self { child, lines }
    }

    /// The next event of a kind; others are passed over.
    async fn next(&mut self, kind: &str) -> Value {
        let next = async {
            loop {
                let line = self.lines.next_line().await.expect("read");
                let line = line.unwrap_or_else(|| panic!("it ended before {kind}"));
                let event: Value =
                    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if event["event"] == kind {
                    return event;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(120), next).await;
        found.unwrap_or_else(|_| panic!("no {kind}"))
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("it runs");
        kill_process(id, signal).expect("told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_when_it_is_proven_and_when_it_is_mended() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "CREATE TABLE orders (id INT PRIMARY KEY, v INT); INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3); \
         CREATE TABLE bag (v INT); INSERT INTO bag VALUES (1), (1)",
    )
    .await;
    let arrived = replica
        .wait_for("SELECT COUNT(*) FROM shop.bag", "2", Duration::from_secs(60))
        .await;
    arrived.expect("replicated");
    let back = |statement: &str| {
        format!("SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0; {statement}")
    };

    let mut watcher = Watcher::start(&looking, &estate, &["--share", "100"]).await;
    assert_eq!(watcher.next("watching").await["tables"], 2);
    assert_eq!(watcher.next("round").await["verdict"], "same");
    run(replica, &back("UPDATE orders SET v = 9 WHERE id = 2")).await;
    let drift = watcher.next("drift").await;
    assert_eq!(
        (&drift["table"]["name"], &drift["row"], &drift["kind"]),
        (&Value::from("orders"), &Value::from("2"), &Value::from("changed"))
    );
    assert_eq!(watcher.next("round").await["verdict"], "different");

    // Killed, it knows what it told: the next one tells what is new.
    watcher.child.kill().await.expect("killed");
    run(replica, &back("DELETE FROM orders WHERE id = 3")).await;
    let mut watcher = Watcher::start(&looking, &estate, &["--share", "100"]).await;
    let drift = watcher.next("drift").await;
    assert_eq!(
        (&drift["row"], &drift["kind"]),
        (&Value::from("3"), &Value::from("missing"))
    );
    let round = watcher.next("round").await;
    assert_eq!(
        (&round["verdict"], &round["drifts"]),
        (&Value::from("different"), &Value::from(2))
    );
    run(
        replica,
        &back("UPDATE orders SET v = 2 WHERE id = 2; INSERT INTO orders VALUES (3, 3)"),
    )
    .await;
    let mut mended =
        [watcher.next("mended").await, watcher.next("mended").await].map(|event| event["row"].to_string());
    mended.sort();
    assert_eq!(mended, ["\"2\"", "\"3\""]);
    assert_eq!(watcher.next("round").await["verdict"], "same");

    // A replica that is away is lived with, and so is the primary.
    replica.stop().await.expect("stopped");
    let lost = watcher.next("lost").await;
    assert!(
        lost["server"].to_string().contains(&replica.port().to_string()),
        "{lost}"
    );
    let round = watcher.next("round").await;
    assert_eq!(round["verdict"], "could_not_tell", "{round}");
    replica.start().await.expect("started");
    watcher.next("back").await;
    while watcher.next("round").await["verdict"] != "same" {}
    primary.stop().await.expect("stopped");
    let lost = watcher.next("lost").await;
    assert!(
        lost["server"].to_string().contains(&primary.port().to_string()),
        "{lost}"
    );
    primary.start().await.expect("started");
    watcher.next("back").await;
    while watcher.next("round").await["verdict"] != "same" {}

    watcher.signal(Signal::INT);
    assert_eq!(watcher.next("ended").await["verdict"], "same");
    assert_eq!(watcher.child.wait().await.expect("ended").code(), Some(0));

    run(replica, &back("DELETE FROM bag LIMIT 1")).await;
    let mut watcher = Watcher::start(&looking, &estate, &["--share", "100", "--rounds", "2"]).await;
    assert_eq!(watcher.next("drift").await["table"]["name"], "bag");
    let ended = watcher.next("ended").await;
    assert_eq!(
        (&ended["verdict"], &ended["rounds"]),
        (&Value::from("different"), &Value::from(2))
    );
    assert_eq!(watcher.child.wait().await.expect("ended").code(), Some(3));
    // What it left is a verdict that can be gone on from.
    let report = looking
        .json(primary, &estate.admin, &["data-check", "--delta"], 3)
        .await;
    assert_eq!(list(&report, "differences").len(), 1, "{report}");
}

/// What a killed watcher had compared in its round, the next one does not compare again.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_was_broken_off_goes_on() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "SET SESSION cte_max_recursion_depth = 200000; CREATE TABLE numbers (id INT PRIMARY KEY, v INT); \
         INSERT INTO numbers WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, 0 FROM n",
    )
    .await;
    let arrived = replica
        .wait_for(
            "SELECT COUNT(*) FROM shop.numbers",
            "200000",
            Duration::from_secs(120),
        )
        .await;
    arrived.expect("replicated");
    // It rests a hundred times as long as it works.
    let mut watcher = Watcher::start(&looking, &estate, &["--share", "1"]).await;
    let told = looking.folder.path().join(".daybreak/data-check-watch.jsonl");
    let compared = || std::fs::read_to_string(&told).is_ok_and(|text| text.contains("\"range\""));
    for _ in 0..6000 {
        if compared() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    watcher.child.kill().await.expect("killed");
    assert!(compared(), "in the middle of a round");
    run(
        replica,
        "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0; UPDATE numbers SET v = 1 WHERE id = 1",
    )
    .await;
    let mut watcher = Watcher::start(&looking, &estate, &["--share", "100", "--rounds", "2"]).await;
    let round = watcher.next("round").await;
    assert_eq!(
        (&round["verdict"], &round["rows"]),
        (&Value::from("same"), &Value::from(200_000))
    );
    assert_eq!(watcher.next("drift").await["row"], "1");
    assert_eq!(watcher.next("round").await["verdict"], "different");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_of_postgres_ends_when_it_is_told_to() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Postgres(17)).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    run(
        &estate.primary,
        "CREATE TABLE public.orders (id integer PRIMARY KEY); INSERT INTO public.orders VALUES (1)",
    )
    .await;
    let also = format!("127.0.0.1:{}", estate.replicas[0].port());
    let mut watcher = Watcher::start(&looking, &estate, &["--share", "100", "--also", &also]).await;
    for _ in 0..2 {
        assert_eq!(watcher.next("round").await["verdict"], "same");
    }
    watcher.signal(Signal::TERM);
    assert_eq!(watcher.next("ended").await["verdict"], "same");
    assert_eq!(watcher.child.wait().await.expect("ended").code(), Some(0));
}
