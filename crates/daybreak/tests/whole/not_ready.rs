//! A cut-over that is not ready is refused with what was measured, before anybody is held: while applications go on.

use std::time::Duration;

use daybreak_sandbox::application::OpenTransaction;
use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, ServerKind};

use crate::faults::{goes_on, stops};
use crate::ground::{self, Ground};
use crate::refusals::refused;

const RUN: [&str; 4] = ["--format", "json", "run", "--yes"];
/// Longer than `cut_over.max_transaction_seconds`.
const LONG: Duration = Duration::from_millis(2_500);

/// A cut-over before whose decision something happens: what it says.
async fn decided_after<T>(ground: &Ground, happens: impl Future<Output = T>) -> (String, T) {
    let mut conductor = ground
        .daybreak(&["run", "--yes"])
        .env("DAYBREAK_STOP_AT", "before-step:cutover.ready")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    assert!(stops(&mut conductor).await, "the decision is reached");
    let happened = happens.await;
    goes_on(&conductor);
    let ended = conductor.wait_with_output().await.expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("hint:"), "{said}");
    (said, happened)
}

async fn open_for_long(url: &str) -> OpenTransaction {
    let open = OpenTransaction::begin(url).await.expect("begun");
    tokio::time::sleep(LONG).await;
    open
}

fn names(said: &str, reasons: &[&str]) {
    for reason in reasons {
        assert!(said.contains(reason), "{reason}: {said}");
    }
}

async fn says_why_not(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(200).await;
    ground.init(|plan| plan).await;
    ground.start_gate().await;
    let bank = ground.open_bank(4);
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;

    // Somebody writes past the gate, and has not ended.
    let past_the_gate = ground.app_url(ground.estate.primary.port());
    let (said, foreign) = decided_after(&ground, open_for_long(&past_the_gate)).await;
    let user = format!("{}@", ground.estate.app.name());
    names(
        &said,
        &[
            "not ready to cut over",
            "do not come through the gate",
            &user,
            "has been open for",
        ],
    );
    let engine = ground.estate.primary.kind().engine();
    if engine == Engine::Postgres {
        // It keeps a slot from beginning, by which changes are followed up to the decision.
        let said = refused(&ground, &["run", "--yes"], 1).await;
        names(
            &said,
            &["failed to follow changes", "a slot begins only after", &user],
        );
    }
    foreign.roll_back().await.expect("taken back");
    assert_eq!(ground.writable().await, [true, false], "nobody was held");

    // A transaction through the gate would be ended by the move.
    let through_the_gate = ground.app_url(ground.gate_port());
    let (said, long) = decided_after(&ground, open_for_long(&through_the_gate)).await;
    names(&said, &["has been open for"]);
    assert!(!said.contains("do not come through the gate"), "{said}");
    long.roll_back().await.expect("taken back");

    // The new writer is not what was compared.
    // The way back would carry it home from MySQL, and the fence holds back who does not mean it on PostgreSQL.
    let there_alone = |statement: &str| match engine {
        Engine::Mysql => format!("SET sql_log_bin = 0; {statement}"),
        Engine::Postgres => format!("BEGIN READ WRITE; {statement}; COMMIT"),
    };
    let column = there_alone("ALTER TABLE shop.accounts ADD COLUMN beside INTEGER");
    let writer = ground.cluster.writer();
    let (said, ()) = decided_after(&ground, async {
        let made = writer.rows_in(&ground.estate.database, &column).await;
        made.expect("made");
    })
    .await;
    names(
        &said,
        &["not ready to cut over", "the schemas differ", "accounts"],
    );
    let drop = there_alone("ALTER TABLE shop.accounts DROP COLUMN beside");
    writer
        .rows_in(&ground.estate.database, &drop)
        .await
        .expect("dropped");

    ground.succeed(&RUN).await;
    assert_eq!(ground.writable().await, [false, true], "now it goes");
    ground.assert_books(&bank.close().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let cluster = AuroraOptions::mysql().gtid(true);
    says_why_not(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    says_why_not(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await;
}
