//! Whole migrations on real servers while an application writes: out, home, and out again, with nothing lost.

use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, ServerKind, application};

use crate::ground::{self, Ground};

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
    assert_events(&ground, [false, true]).await;
    assert_compared(&ground).await;
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(
        ground.writable().await,
        [true, false],
        "after failing back only the source can be written"
    );
    assert_events(&ground, [true, false]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(ground.writable().await, [false, true], "and out again");
    assert_events(&ground, [false, true]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
    ground.succeed(&["--format", "json", "log"]).await;
}

/// Both checks, by the plan, while writes go to the target: it is what the source is compared with, and each side is asked by its own
/// account.
async fn assert_compared(ground: &Ground) {
    let target = ground.cluster.cluster_port().to_string();
    let checked = ground.succeed(&["--format", "json", "data-check"]).await;
    let [run] = &checked[..] else {
        panic!("{checked:?}");
    };
    assert_eq!(run["verdict"], "same", "{run}");
    assert!(
        run["source"]
            .as_str()
            .is_some_and(|source| source.contains(&target)),
        "{run}"
    );
    let checked = ground.succeed(&["--format", "json", "schema-check"]).await;
    let [report] = &checked[..] else {
        panic!("{checked:?}");
    };
    assert_eq!(report["verdict"], "same", "{report}");
    assert_eq!(report["nodes"].as_array().map(Vec::len), Some(2), "{report}");
}

/// Whether the bank's scheduled event lives, on the source and on the target. PostgreSQL has no events.
async fn assert_events(ground: &Ground, live: [bool; 2]) {
    if ground.estate.primary.kind().engine() != Engine::Mysql {
        return;
    }
    for (server, live) in [&ground.estate.primary, ground.cluster.writer()]
        .into_iter()
        .zip(live)
    {
        let question =
            "SELECT STATUS = 'ENABLED' FROM information_schema.EVENTS WHERE EVENT_NAME = 'forget_visits'";
        let wanted = if live { "1" } else { "0" };
        server
            .wait_for(question, wanted, Duration::from_secs(20))
            .await
            .expect("an event lives where writes go");
    }
}

/// The datacenter's own replica follows through the moves, also where it has to connect anew: what exists at the target alone is no
/// hole in its source's log.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_the_source_stays_one() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(mut ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(2_000).await;
    ground.init(|plan| plan).await;
    ground.start_gate().await;
    let bank = ground.open_bank(4);
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    let replica = &ground.estate.replicas[0];
    replica.restart().await.expect("it starts again");
    tokio::time::sleep(Duration::from_millis(500)).await;
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
    let begun = Instant::now();
    loop {
        let audit = application::audit(&ground.app_url(replica.port()), &ledger, ground::ACCOUNTS).await;
        match audit {
            Ok(audit) if (audit.lost, audit.duplicated, audit.balanced) == (0, 0, true) => break,
            audit => assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the replica follows: {audit:?}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
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
