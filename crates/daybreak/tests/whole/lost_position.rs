//! The source no longer has the changes that the target needs, found between the load and the cut-over: the program says which server,
//! what is missing and what to do, and moves nobody.

use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};

use crate::ground::{self, Ground};
use crate::refusals::refused;

/// How long it may take to find out, where the check before it has a moment's work.
const SOON: Duration = Duration::from_secs(120);

async fn loaded(estate: EstateOptions, cluster: AuroraOptions) -> Option<Ground> {
    let mut ground = ground::lay(estate, cluster).await?;
    ground.found(50).await;
    ground.init(|plan| plan).await;
    ground.start_gate().await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    Some(ground)
}

/// Both `run` and `status` say `words`, and applications stay where they are.
async fn says_so_and_stays(ground: &Ground, words: &[&str]) {
    let run = refused(ground, &["run", "--yes"], 1);
    let said = tokio::time::timeout(SOON, run).await.expect("it is found out");
    let shown = ground.run(&["status"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let target = format!("on target (127.0.0.1:{})", ground.cluster.cluster_port());
    for word in words.iter().copied().chain([&*target]) {
        assert!(said.contains(word), "run does not say `{word}`: {said}");
        assert!(shown.contains(word), "status does not say `{word}`: {shown}");
    }
    assert!(said.contains("hint:") && said.contains("load again"), "{said}");
    assert_eq!(ground.writable().await, [true, false], "nobody was moved");
}

/// Something that the target has not got.
async fn write(ground: &Ground, statement: &str) {
    ground.estate.sql(statement).await.expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_was_invalidated_or_dropped() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    let Some(ground) = loaded(estate, AuroraOptions::postgres(17)).await else {
        return;
    };
    let (source, writer) = (&ground.estate.primary, ground.cluster.writer());
    let subscription = writer
        .value("SELECT subname FROM pg_subscription WHERE subenabled")
        .await
        .expect("asked")
        .expect("it follows");
    // The target does not follow for a while, and the source is told to keep little.
    let stop = format!("BEGIN READ WRITE; ALTER SUBSCRIPTION {subscription} DISABLE; COMMIT");
    writer.rows_in("shop", &stop).await.expect("stopped");
    source
        .rows("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
        .await
        .expect("set");
    source
        .rows("ALTER SYSTEM SET wal_keep_size = 0")
        .await
        .expect("set");
    source.rows("SELECT pg_reload_conf()").await.expect("read");
    for round in 1..=4 {
        write(
            &ground,
            &format!("UPDATE shop.accounts SET owner = 'round {round}' WHERE id = 1"),
        )
        .await;
        source.rows("SELECT pg_switch_wal()").await.expect("switched");
        source.rows("CHECKPOINT").await.expect("thrown away");
    }
    let lost = format!("SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{subscription}'");
    source
        .wait_for(&lost, "lost", Duration::from_secs(30))
        .await
        .expect("it is lost");
    says_so_and_stays(&ground, &["max_slot_wal_keep_size", &subscription]).await;

    let drop = format!("SELECT pg_drop_replication_slot('{subscription}')");
    source.rows(&drop).await.expect("dropped");
    says_so_and_stays(&ground, &["is gone", &subscription]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_logs_that_were_purged() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = loaded(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    let source = &ground.estate.primary;
    ground
        .cluster
        .sql("CALL mysql.rds_stop_replication()")
        .await
        .expect("stopped");
    for round in 1..=2 {
        write(
            &ground,
            &format!("UPDATE accounts SET owner = 'round {round}' WHERE id = 1"),
        )
        .await;
        source.rows("FLUSH BINARY LOGS").await.expect("flushed");
    }
    let logs = source.rows("SHOW BINARY LOGS").await.expect("listed");
    let last = logs.last().and_then(|row| row[0].clone()).expect("one is left");
    source
        .rows(&format!("PURGE BINARY LOGS TO '{last}'"))
        .await
        .expect("purged");
    says_so_and_stays(&ground, &["1236", "binary log"]).await;
}
