//! Replication there and back, with the handover of a cut-over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daybreak_engine::Replication;
use daybreak_model::{Behind, Position};

use crate::pair::{PATIENCE, Side, aurora, digests, link, load, ok, own, sandbox, scope};

const TABLES: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.accounts (id bigint PRIMARY KEY, balance numeric NOT NULL);
    INSERT INTO shop.accounts SELECT g, 100 FROM generate_series(1, 1000) AS g;
    CREATE TABLE shop.log (at timestamptz, note text);
    INSERT INTO shop.log SELECT now(), 'same' FROM generate_series(1, 3);
    CREATE TABLE shop.parts (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE shop.parts_0 PARTITION OF shop.parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE shop.parts_1 PARTITION OF shop.parts DEFAULT;
    CREATE TABLE shop.deferred (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, n integer);
    CREATE TABLE shop.unnamed (id integer PRIMARY KEY, n integer);
    ALTER TABLE shop.unnamed REPLICA IDENTITY NOTHING;
    CREATE TABLE shop.loose (k text, n integer) PARTITION BY LIST (k);
    CREATE TABLE shop.loose_a PARTITION OF shop.loose FOR VALUES IN ('a');
    CREATE TABLE shop.loose_b PARTITION OF shop.loose DEFAULT;
    ALTER TABLE shop.loose_a ADD PRIMARY KEY (n);
    INSERT INTO shop.deferred VALUES (1, 1), (2, 2);
    INSERT INTO shop.unnamed VALUES (1, 1);
    INSERT INTO shop.loose VALUES ('a', 1), ('b', 2)";

async fn write_some(side: &Side, from: u32) {
    side.run(&[&format!(
        "UPDATE shop.accounts SET balance = balance + {from} WHERE id % 7 = 0;
         DELETE FROM shop.accounts WHERE id = {from};
         INSERT INTO shop.accounts VALUES (10000 + {from}, 1);
         INSERT INTO shop.parts SELECT {from}, date '2020-12-30' + g FROM generate_series(0, 4) AS g;
         UPDATE shop.parts SET day = '2022-02-02' WHERE id = {from} AND day = '2020-12-30';
         UPDATE shop.deferred SET id = 3 - id, n = {from};
         UPDATE shop.unnamed SET n = {from};
         UPDATE shop.loose SET n = n + {from}, k = CASE k WHEN 'a' THEN 'b' ELSE 'a' END;
         UPDATE shop.log SET note = 'changed {from}' WHERE ctid IN (SELECT ctid FROM shop.log LIMIT 1)"
    )])
    .await;
}

/// Fences nothing: nobody else writes in these tests. What a cut-over does between the fence and the opening.
async fn hand_over(
    from: &Side,
    forward: &dyn Replication,
    back: &dyn Replication,
) -> (Duration, Duration, Duration) {
    let armed = Instant::now();
    ok(back.arm().await);
    eprintln!("armed in {:?}", armed.elapsed());
    let position = ok(from.database.position().await);
    let started = Instant::now();
    ok(forward.wait_for(&position, PATIENCE).await);
    let waited = started.elapsed();
    ok(forward.stop().await);
    let stopped = started.elapsed();
    ok(back.engage().await);
    (waited, stopped - waited, started.elapsed() - stopped)
}

async fn there_and_back(source: Side, target: Side) {
    let scope = scope(&["shop"]);
    source.run(&[TABLES]).await;
    let forward = link(&source, &target, "there");
    let back = link(&target, &source, "back");
    assert_eq!(ok(forward.refusal().await), None);
    assert_eq!(ok(back.refusal().await), None);
    ok(forward.prepare(&scope).await);
    ok(forward.prepare(&scope).await);
    let position = load(&source, &target, &scope, "there").await;
    write_some(&source, 1).await;
    ok(forward.start(Some(&position)).await);
    ok(forward.start(Some(&position)).await);
    let now = ok(source.database.position().await);
    ok(forward.wait_for(&now, PATIENCE).await);
    assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);
    let status = ok(forward.status().await);
    assert!(status.is_running(), "{status:?}");
    assert!(matches!(status.applied, Some(Position::Lsn(_))));

    ok(back.prepare(&scope).await);
    for round in 0..3 {
        let number = 10 + round * 10;
        write_some(&source, number).await;
        let took = hand_over(&source, forward.as_ref(), back.as_ref()).await;
        eprintln!("there: waited, stopped, engaged in {took:?}");
        assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);
        write_some(&target, number + 1).await;
        let now = ok(target.database.position().await);
        ok(back.wait_for(&now, PATIENCE).await);
        assert_eq!(
            digests(&source, &scope).await,
            digests(&target, &scope).await,
            "after writing at the target"
        );

        write_some(&target, number + 2).await;
        let took = hand_over(&target, back.as_ref(), forward.as_ref()).await;
        eprintln!("back: waited, stopped, engaged in {took:?}");
        assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);
        write_some(&source, number + 3).await;
        let now = ok(source.database.position().await);
        ok(forward.wait_for(&now, PATIENCE).await);
        assert_eq!(
            digests(&source, &scope).await,
            digests(&target, &scope).await,
            "after writing at the source"
        );
    }
    let (applied, stopped) = (ok(forward.status().await), ok(back.status().await));
    assert!(applied.is_running() && !stopped.is_running());
    assert!(
        matches!(stopped.behind, Behind::Bytes(_)),
        "an armed slot says what it holds: {stopped:?}"
    );
    ok(back.remove().await);
    ok(back.remove().await);
    ok(forward.remove().await);
    for side in [&source, &target] {
        assert_eq!(
            side.value("SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical'")
                .await
                .as_deref(),
            Some("0")
        );
        assert_eq!(
            side.value("SELECT count(*) FROM pg_stat_subscription")
                .await
                .as_deref(),
            Some("0")
        );
    }
}

/// Hands over again and again while an application writes without pause to the side that leads: nothing is lost, nothing comes
/// round twice.
#[tokio::test]
async fn arms_under_load() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 18).await else {
        return;
    };
    let scope = scope(&["shop"]);
    source.run(&["CREATE SCHEMA shop; CREATE TABLE shop.t (id bigint PRIMARY KEY, n bigint NOT NULL); INSERT INTO shop.t SELECT g, 0 FROM generate_series(1, 50) AS g"]).await;
    let (forward, back) = (link(&source, &target, "there"), link(&target, &source, "back"));
    ok(forward.prepare(&scope).await);
    let position = load(&source, &target, &scope, "there").await;
    ok(forward.start(Some(&position)).await);
    ok(back.prepare(&scope).await);
    let mut written = 0_u64;
    for round in 0..4 {
        let (from, to, leads, follows) = if round % 2 == 0 {
            (&source, &target, &forward, &back)
        } else {
            (&target, &source, &back, &forward)
        };
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..3)
            .map(|_| {
                let (stop, endpoint) = (Arc::clone(&stop), from.endpoint.clone());
                tokio::spawn(async move {
                    let database = daybreak_engine::database(endpoint);
                    let mut count = 0_u64;
                    while !stop.load(Ordering::Relaxed) {
                        let text = format!("UPDATE shop.t SET n = n + 1 WHERE id = {}", count % 50 + 1);
                        ok(database.run(&[crate::pair::statement(&text)]).await);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        ok(follows.arm().await);
        ok(follows.arm().await);
        assert!(!ok(follows.status().await).is_running(), "armed, not running");
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            written += writer.await.unwrap();
        }
        let position = ok(from.database.position().await);
        ok(leads.wait_for(&position, PATIENCE).await);
        ok(leads.stop().await);
        ok(follows.engage().await);
        assert!(ok(follows.status().await).is_running(), "engaged");
        for side in [from, to] {
            let sum = side.value("SELECT sum(n) FROM shop.t").await;
            assert_eq!(sum, Some(written.to_string()), "round {round}");
        }
        assert_eq!(
            digests(&source, &scope).await,
            digests(&target, &scope).await,
            "round {round}"
        );
    }
}

#[tokio::test]
async fn between_13_and_17() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 13).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 17).await else {
        return;
    };
    there_and_back(source, target).await;
}

#[tokio::test]
async fn between_15_and_18() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 18).await else {
        return;
    };
    there_and_back(source, target).await;
}

#[tokio::test]
async fn between_17_and_17() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 17).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 17).await else {
        return;
    };
    there_and_back(source, target).await;
}
