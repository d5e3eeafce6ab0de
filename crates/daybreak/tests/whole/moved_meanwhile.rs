//! The conductor dies in the pause, after the new writer was opened and before it says that traffic moves: the gate's deadline sends
//! applications to the side that it finds open. From then on nothing takes the move back, whoever asks, with the gate or without;
//! the same command completes it.

use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, ServerKind};

use crate::faults::{pointed, stops, writes_go_on};
use crate::ground::{self, Ground};
use crate::refusals::refused;

const UNTIL_CHECKED: [&str; 6] = ["--format", "json", "run", "--yes", "--until", "data.check"];
const RUN: [&str; 4] = ["--format", "json", "run", "--yes"];

/// What somebody does by hand on the side that follows, for each engine, and what is said of it.
const OPENED: [[&str; 4]; 2] = [
    [
        "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF",
        "SET transaction_read_only = off; GRANT INSERT ON shop.accounts TO PUBLIC",
        "3",
        "the side that follows may be written as well",
    ],
    [
        "SET GLOBAL super_read_only = ON",
        "SET transaction_read_only = off; REVOKE INSERT ON shop.accounts FROM PUBLIC",
        "0",
        "refuses writes",
    ],
];

/// `status --ask`: how it exits and what it says.
pub(crate) async fn asked(ground: &Ground, exit: i32, words: &str) {
    let output = ground.run(&["status", "--ask"]).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains(words), "{said}");
}

async fn cannot_be_taken_back(ground: &Ground) {
    let said = refused(ground, &["rollback"], 1).await;
    assert!(
        said.contains("cannot be undone")
            && said.contains("cutover.shift")
            && said.contains("daybreak failback"),
        "{said}"
    );
    assert_eq!(ground.writable().await, [false, true], "{said}");
}

/// Nothing of replication is left on either side.
async fn assert_parted(ground: &Ground) {
    let (source, target) = (&ground.estate.primary, ground.cluster.writer());
    let asked: Vec<(_, &str)> = match source.kind().engine() {
        Engine::Mysql => vec![(source, "SHOW REPLICA STATUS"), (target, "SHOW REPLICA STATUS")],
        Engine::Postgres => [source, target]
            .into_iter()
            .flat_map(|server| {
                [
                    (server, "SELECT subname FROM pg_subscription"),
                    (server, "SELECT slot_name FROM pg_replication_slots"),
                ]
            })
            .collect(),
    };
    for (server, question) in asked {
        let left = server.rows(question).await.expect("asked");
        assert!(left.is_empty(), "{question}: {left:?}");
    }
}

async fn goes_forward(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(200).await;
    ground
        .init(|plan| plan.replace("# deadline_seconds = 8.0", "deadline_seconds = 2.0"))
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank(6);
    ground.succeed(&UNTIL_CHECKED).await;
    asked(&ground, 0, "refuses writes").await;
    let mut conductor = ground
        .daybreak(&RUN)
        .env("DAYBREAK_STOP_AT", "before-step:cutover.shift")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    assert!(stops(&mut conductor).await, "the step is reached");
    conductor.kill().await.expect("killed");

    let soon = Instant::now() + Duration::from_secs(20);
    while pointed(&ground).await == 0 {
        assert!(
            Instant::now() < soon,
            "the gate finds the side that may be written"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(writes_go_on(&bank, soon).await, "applications write there");
    asked(&ground, 0, "belong to target").await;
    ground.stop_gate().await;
    cannot_be_taken_back(&ground).await;
    ground.start_gate().await;
    cannot_be_taken_back(&ground).await;
    let soon = Instant::now() + Duration::from_secs(20);
    assert!(writes_go_on(&bank, soon).await, "and go on there");

    ground.succeed(&RUN).await;
    cannot_be_taken_back(&ground).await;
    asked(&ground, 0, "refuses writes").await;
    let source = &ground.estate.primary;
    for (statement, exit, words) in
        OPENED.map(|[mysql, postgres, exit, words]| match source.kind().engine() {
            Engine::Mysql => (mysql, exit, words),
            Engine::Postgres => (postgres, exit, words),
        })
    {
        source
            .rows_in(&ground.estate.database, statement)
            .await
            .expect("done by hand");
        asked(&ground, exit.parse().expect("a number"), words).await;
    }
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(ground.writable().await, [true, false], "home");
    assert!(
        writes_go_on(&bank, Instant::now() + Duration::from_secs(20)).await,
        "and on"
    );
    ground.assert_follows(&bank.close().await).await;
    ground.succeed(&["--format", "json", "rollback"]).await;
    assert!(ground.writable().await[0], "the source is written as before");
    assert_parted(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let cluster = AuroraOptions::mysql().gtid(true);
    goes_forward(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let cluster = AuroraOptions::postgres(17);
    goes_forward(EstateOptions::new(ServerKind::Postgres(15)), cluster).await;
}
