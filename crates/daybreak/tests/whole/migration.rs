//! Whole migrations on real servers while an application writes: out, home, and out again, with nothing lost.

use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};

use crate::ground;

/// Migrates, fails back and cuts over again; afterwards both sides hold every acknowledged write.
async fn there_and_back(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(2_000).await;
    ground
        .init(|plan| plan.replace("gtid = true", &format!("gtid = {gtid}")))
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank(8);
    let until = ["--format", "json", "run", "--until", "replicate.start"];
    ground.succeed(&until).await;
    // Replication does not start by itself on a managed server.
    ground.cluster.writer().restart().await.expect("it starts again");
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(
        ground.writable().await,
        [false, true],
        "after the cut-over only the target can be written"
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(
        ground.writable().await,
        [true, false],
        "after failing back only the source can be written"
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(ground.writable().await, [false, true], "and out again");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
    ground.succeed(&["--format", "json", "log"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_by_gtid() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    there_and_back(estate, AuroraOptions::mysql().gtid(true), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_by_file_position() {
    there_and_back(
        EstateOptions::new(ServerKind::Mysql97),
        AuroraOptions::mysql(),
        false,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_13_to_17() {
    there_and_back(
        EstateOptions::new(ServerKind::Postgres(13)),
        AuroraOptions::postgres(17),
        false,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_15_to_18() {
    there_and_back(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(18),
        false,
    )
    .await;
}
