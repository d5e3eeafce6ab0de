//! A whole migration there and back, by GTID and by file position.

use std::time::Duration;

use daybreak_engine::replication;
use daybreak_model::WriteState;
use daybreak_sandbox::ServerKind;

use crate::ground::{assert_same_rows, assert_same_schema, attempt, link, load, pair, running, scope, sql};

async fn there_and_back(gtid: bool) {
    let Some(pair) = pair(ServerKind::Mysql97, gtid).await else {
        return;
    };
    let (primary, writer) = (&pair.estate.primary, pair.cluster.writer());
    let shop = scope(&["shop"]);
    sql(
        primary,
        "shop",
        &[
            "CREATE TABLE account (id INT AUTO_INCREMENT PRIMARY KEY, balance BIGINT NOT NULL, note VARCHAR(20), KEY (balance))",
            "INSERT INTO account (balance, note) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT 100, CONCAT('n', i) FROM n",
        ],
    )
    .await;

    let forward = replication(
        pair.source.endpoint().clone(),
        pair.target.endpoint().clone(),
        link(gtid),
    );
    assert_eq!(forward.refusal().await.unwrap(), None);
    forward.prepare(&shop).await.unwrap();
    let (position, image) = load(&pair.source, &pair.target, &shop).await;
    sql(primary, "shop", &["INSERT INTO account (balance) VALUES (7)"]).await;
    forward.start(Some(&position)).await.unwrap();
    forward.start(Some(&position)).await.unwrap();
    forward
        .wait_for(&pair.source.position().await.unwrap(), Duration::from_secs(30))
        .await
        .unwrap();
    assert_same_schema(&pair.target, &shop, &image).await;
    assert_eq!(assert_same_rows(&pair.source, &pair.target, &image).await, 501);

    let back = replication(
        pair.target.endpoint().clone(),
        pair.source.endpoint().clone(),
        link(gtid),
    );
    assert_eq!(back.refusal().await.unwrap(), None);
    back.prepare(&shop).await.unwrap();
    back.arm().await.unwrap();
    running(&*back).await;

    for round in 0..2 {
        cut_over(&pair.source, &pair.target, &*forward, &*back).await;
        assert_eq!(
            attempt(
                primary,
                &pair.estate.app,
                "shop",
                "INSERT INTO account (balance) VALUES (1)"
            )
            .await,
            Err("1290".to_owned())
        );
        sql(
            writer,
            "shop",
            &["INSERT INTO account (balance, note) VALUES (8, 'made at the target')"],
        )
        .await;
        back.wait_for(&pair.target.position().await.unwrap(), Duration::from_secs(30))
            .await
            .unwrap();
        assert_same_rows(&pair.source, &pair.target, &image).await;

        cut_over(&pair.target, &pair.source, &*back, &*forward).await;
        assert_eq!(pair.source.write_state().await.unwrap(), WriteState::Writable);
        assert_eq!(pair.target.write_state().await.unwrap(), WriteState::Fenced);
        attempt(
            primary,
            &pair.estate.app,
            "shop",
            "INSERT INTO account (balance) VALUES (9)",
        )
        .await
        .unwrap();
        forward
            .wait_for(&pair.source.position().await.unwrap(), Duration::from_secs(30))
            .await
            .unwrap();
        assert_eq!(
            assert_same_rows(&pair.source, &pair.target, &image).await,
            503 + round * 2
        );
    }
    let status = forward.status().await.unwrap();
    assert!(status.is_running(), "{status:?}");
}

async fn cut_over(
    old: &std::sync::Arc<dyn daybreak_engine::Database>,
    new: &std::sync::Arc<dyn daybreak_engine::Database>,
    forward: &dyn daybreak_engine::Replication,
    back: &dyn daybreak_engine::Replication,
) {
    let shop = scope(&["shop"]);
    old.prepare_fence(&shop).await.unwrap();
    let begun = std::time::Instant::now();
    old.fence(&shop).await.unwrap();
    let fenced = begun.elapsed();
    let position = old.position().await.unwrap();
    forward
        .wait_for(&position, Duration::from_secs(10))
        .await
        .unwrap();
    let waited = begun.elapsed();
    back.engage().await.unwrap();
    new.open(&shop).await.unwrap();
    eprintln!(
        "fence {fenced:?}, reached after {waited:?}, open after {:?}",
        begun.elapsed()
    );
    let proof = old.prove_fence().await.unwrap();
    assert!(proof.refusal.contains("read-only"), "{proof:?}");
    assert_eq!(old.write_state().await.unwrap(), WriteState::Fenced);
    assert_eq!(new.write_state().await.unwrap(), WriteState::Writable);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_gtid() {
    there_and_back(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_file_position() {
    there_and_back(false).await;
}
