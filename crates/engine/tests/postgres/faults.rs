//! What stops replication is named, with what to do.

use std::time::{Duration, Instant};

use daybreak_engine::Replication;
use daybreak_model::ReplicationFault;

use crate::pair::{Side, aurora, link, load, ok, own, sandbox, scope};

async fn running_pair(from: u8, to: u8) -> Option<(Side, Side, std::sync::Arc<dyn Replication>)> {
    let sandbox = sandbox();
    let source = own(&sandbox, "source", from).await?;
    let target = aurora(&sandbox, "target", to).await?;
    let scope = scope(&["shop"]);
    source
        .run(&["CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY, note text)"])
        .await;
    let forward = link(&source, &target, "there");
    ok(forward.prepare(&scope).await);
    let position = load(&source, &target, &scope, "there").await;
    ok(forward.start(Some(&position)).await);
    source.run(&["INSERT INTO shop.t VALUES (1, 'one')"]).await;
    let now = ok(source.database.position().await);
    ok(forward.wait_for(&now, Duration::from_secs(30)).await);
    Some((source, target, forward))
}

async fn fault(link: &dyn Replication) -> ReplicationFault {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = ok(link.status().await);
        if let Some(fault) = status.fault {
            assert!(!fault.hint.is_empty() && !fault.meaning.is_empty());
            return fault;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_row_that_is_there_already() {
    let Some((source, target, forward)) = running_pair(15, 17).await else {
        return;
    };
    target.run(&["INSERT INTO shop.t VALUES (2, 'stray')"]).await;
    source.run(&["INSERT INTO shop.t VALUES (2, 'two')"]).await;
    let found = fault(forward.as_ref()).await;
    assert_eq!(found.code, "23505", "{found:?}");
    assert!(
        found.message.contains("shop.t") && found.message.contains("(2)"),
        "{found:?}"
    );
    let now = ok(source.database.position().await);
    let error = forward
        .wait_for(&now, Duration::from_secs(20))
        .await
        .expect_err("stuck");
    assert!(
        error.to_string().contains("duplicate key") || error.to_string().contains("within"),
        "{error}"
    );
    target.run(&["DELETE FROM shop.t WHERE id = 2"]).await;
    // The receiver tries again some seconds after it stopped; until then what stopped it is told.
    let mended = Instant::now();
    while let Err(error) = forward.wait_for(&now, Duration::from_secs(30)).await {
        assert!(mended.elapsed() < Duration::from_secs(60), "{error}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(ok(forward.status().await).is_running());
}

#[tokio::test]
async fn a_table_or_column_that_is_missing() {
    let Some((source, target, forward)) = running_pair(15, 17).await else {
        return;
    };
    target
        .run(&["ALTER TABLE shop.t RENAME COLUMN note TO other"])
        .await;
    source.run(&["INSERT INTO shop.t VALUES (2, 'two')"]).await;
    let found = fault(forward.as_ref()).await;
    assert_eq!(found.code, "42703", "{found:?}");
    target.run(&["ALTER TABLE shop.t RENAME TO gone"]).await;
    let found = fault(forward.as_ref()).await;
    assert_eq!(found.code, "42P01", "{found:?}");
}

#[tokio::test]
async fn a_slot_that_is_gone_and_a_password_that_changed() {
    let Some((source, _target, forward)) = running_pair(13, 17).await else {
        return;
    };
    source
        .run(&["ALTER ROLE daybreak_replication PASSWORD 'other'"])
        .await;
    source
        .run(&["SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active"])
        .await;
    let found = fault(forward.as_ref()).await;
    assert_eq!(found.code, "28P01", "{found:?}");
    source.until("SELECT active FROM pg_replication_slots", "f").await;
    source
        .run(&["SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"])
        .await;
    let found = fault(forward.as_ref()).await;
    assert_eq!(found.code, "42704", "{found:?}");
    let now = ok(source.database.position().await);
    let error = forward
        .wait_for(&now, Duration::from_secs(20))
        .await
        .expect_err("gone");
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_start_where_the_slot_has_gone_on() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(target) = own(&sandbox, "target", 15).await else {
        return;
    };
    let scope = scope(&["shop"]);
    source
        .run(&["CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY)"])
        .await;
    let forward = link(&source, &target, "there");
    ok(forward.prepare(&scope).await);
    let position = load(&source, &target, &scope, "there").await;
    source.run(&["INSERT INTO shop.t VALUES (1); SELECT pg_replication_slot_advance('there', pg_current_wal_lsn())"]).await;
    source
        .run(&["SELECT pg_replication_slot_advance('there', pg_current_wal_lsn())"])
        .await;
    let error = forward
        .start(Some(&position))
        .await
        .expect_err("changes were lost");
    assert!(error.to_string().contains("stands at"), "{error}");
    ok(forward.remove().await);
    let error = forward.start(Some(&position)).await.expect_err("no slot");
    assert!(error.to_string().contains("is not there"), "{error}");
}
