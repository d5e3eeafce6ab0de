//! A snapshot is one moment on all of its connections, and that moment is the position it states.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use daybreak_engine::{Block, ErrorKind, database, replication};
use daybreak_model::{RowRange, Secret};
use daybreak_sandbox::ServerKind;
use tokio::sync::mpsc;

use crate::ground::{assert_same_rows, copy_range, link, load, lone, pair, scope, sql};

const ACCOUNTS: u32 = 200;

/// Transfers between accounts of two tables, on several sessions, until told to stop.
async fn transfers(pair: Arc<crate::ground::Pair>, stop: Arc<AtomicBool>, done: Arc<AtomicU64>, seed: u32) {
    let mut turn = seed;
    while !stop.load(Ordering::Relaxed) {
        turn = turn.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let (from, to, amount) = (turn % ACCOUNTS, turn / 7 % ACCOUNTS, turn % 50);
        let transfer = format!(
            "START TRANSACTION; UPDATE left_account SET balance = balance - {amount} WHERE id = {from}; \
             UPDATE right_account SET balance = balance + {amount} WHERE id = {to}; \
             INSERT INTO transfer (amount) VALUES ({amount}); COMMIT"
        );
        pair.estate
            .primary
            .rows_as(&pair.estate.app, "shop", &transfer)
            .await
            .unwrap();
        done.fetch_add(1, Ordering::Relaxed);
    }
}

async fn under_load(kind: ServerKind, gtid: bool) {
    let Some(pair) = pair(kind, gtid).await else {
        return;
    };
    let pair = Arc::new(pair);
    sql(
        &pair.estate.primary,
        "shop",
        &[
            "CREATE TABLE left_account (id INT PRIMARY KEY, balance BIGINT NOT NULL)",
            "CREATE TABLE right_account (id INT PRIMARY KEY, balance BIGINT NOT NULL)",
            "CREATE TABLE transfer (id BIGINT AUTO_INCREMENT PRIMARY KEY, amount INT NOT NULL)",
        ],
    )
    .await;
    for id in 0..ACCOUNTS {
        let insert = format!(
            "INSERT INTO left_account VALUES ({id}, 1000); INSERT INTO right_account VALUES ({id}, 1000)"
        );
        sql(&pair.estate.primary, "shop", &[&insert]).await;
    }
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..4)
        .map(|seed| {
            tokio::spawn(transfers(
                Arc::clone(&pair),
                Arc::clone(&stop),
                Arc::clone(&done),
                seed + 1,
            ))
        })
        .collect();
    while done.load(Ordering::Relaxed) < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let shop = scope(&["shop"]);
    let forward = replication(
        pair.source.endpoint().clone(),
        pair.target.endpoint().clone(),
        link(gtid),
    );
    assert_eq!(forward.refusal().await.unwrap(), None);
    forward.prepare(&shop).await.unwrap();
    let (position, image) = load(&pair.source, &pair.target, &shop).await;
    let total = "SELECT (SELECT SUM(balance) FROM left_account) + (SELECT SUM(balance) FROM right_account)";
    let rows = pair.cluster.writer().rows_in("shop", total).await.unwrap();
    assert_eq!(
        rows[0][0],
        Some((ACCOUNTS * 2000).to_string()),
        "the snapshot is one moment"
    );

    let loaded = done.load(Ordering::Relaxed);
    forward.start(Some(&position)).await.unwrap();
    while done.load(Ordering::Relaxed) < loaded + 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    forward
        .wait_for(&pair.source.position().await.unwrap(), Duration::from_secs(60))
        .await
        .unwrap();
    assert_same_rows(&pair.source, &pair.target, &image).await;
    let transfers = pair
        .cluster
        .writer()
        .rows_in("shop", "SELECT COUNT(*) FROM transfer")
        .await
        .unwrap();
    assert_eq!(transfers[0][0], Some(done.load(Ordering::Relaxed).to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_by_gtid() {
    under_load(ServerKind::Mysql97, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_by_file_position() {
    under_load(ServerKind::Mysql97, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_from_mysql_56() {
    under_load(ServerKind::Mysql56, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_changes_meanwhile_ends_the_copy_by_name() {
    let Some((_sandbox, estate, server)) = lone(ServerKind::Mysql97, true).await else {
        return;
    };
    let shop = scope(&["shop"]);
    sql(
        &estate.primary,
        "shop",
        &["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"],
    )
    .await;
    let image = server
        .schema(&shop, &server.flavor().await.unwrap())
        .await
        .unwrap();
    let mut snapshot = server
        .snapshot(&shop, 2, "daybreak", Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(snapshot.schema_stands().await.unwrap(), Some(true));
    sql(&estate.primary, "shop", &["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(snapshot.schema_stands().await.unwrap(), Some(true));
    sql(
        &estate.primary,
        "shop",
        &["ALTER TABLE t ADD x INT, ALGORITHM = COPY"],
    )
    .await;
    assert_eq!(snapshot.schema_stands().await.unwrap(), Some(false));
    let mut readers = snapshot.take_readers();
    let (sender, _receiver) = mpsc::channel(4);
    let error = readers[0]
        .read(&image.tables[0], &RowRange::Whole, sender)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::SchemaChanged, "{error}");
    assert!(error.to_string().contains("shop.t"), "{error}");
    sql(&estate.primary, "shop", &["DROP TABLE t"]).await;
    let (sender, _receiver) = mpsc::channel(4);
    let error = readers[1]
        .read(&image.tables[0], &RowRange::Whole, sender)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::SchemaChanged, "{error}");
}

/// What `schema_stands` rests on: no schema statement runs on while a snapshot is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_waits_for_schema_statements() {
    for kind in [ServerKind::Mysql97, ServerKind::Mysql56] {
        let Some((_sandbox, estate, server)) = lone(kind, false).await else {
            continue;
        };
        sql(&estate.primary, "shop", &["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
        let primary = &estate.primary;
        let creating = primary.rows_in("shop", "CREATE TABLE slow SELECT SLEEP(2) AS s");
        let snapshot = async {
            let runs =
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'CREATE TABLE slow%'";
            primary
                .wait_for(runs, "1", Duration::from_secs(10))
                .await
                .unwrap();
            let shop = scope(&["shop"]);
            let patience = Duration::from_millis(500);
            match server.snapshot(&shop, 1, "daybreak", patience).await {
                Ok(_) => panic!("a snapshot beside a schema statement that runs"),
                Err(error) => assert_eq!(error.kind, ErrorKind::Lock, "{error}"),
            }
        };
        let (created, ()) = tokio::join!(creating, snapshot);
        created.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_table_is_not_waited_for_longer_than_told() {
    let Some((_sandbox, estate, server)) = lone(ServerKind::Mysql97, true).await else {
        return;
    };
    sql(&estate.primary, "shop", &["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let primary = &estate.primary;
    let locker = primary.rows_in("shop", "LOCK TABLES t WRITE; SELECT SLEEP(3)");
    let snapshot = async {
        let held = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'";
        primary
            .wait_for(held, "1", Duration::from_secs(10))
            .await
            .unwrap();
        let begun = std::time::Instant::now();
        let shop = scope(&["shop"]);
        let error = match server
            .snapshot(&shop, 1, "daybreak", Duration::from_millis(700))
            .await
        {
            Ok(_) => panic!("a lock was obtained that another session holds"),
            Err(error) => error,
        };
        assert_eq!(error.kind, ErrorKind::Lock, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(3));
        // Nothing is left that holds up writes.
        sql(
            primary,
            "shop",
            &["CREATE TABLE another (id INT)", "INSERT INTO another VALUES (1)"],
        )
        .await;
    };
    let (_, ()) = tokio::join!(locker, snapshot);

    // What XA has prepared is in no snapshot, and its commit would stop the replica.
    let prepare = "XA START 'one'; INSERT INTO another VALUES (2); XA END 'one'; XA PREPARE 'one'";
    sql(primary, "shop", &[prepare]).await;
    let shop = scope(&["shop"]);
    let take = async || {
        server
            .snapshot(&shop, 1, "daybreak", Duration::from_secs(5))
            .await
    };
    let Err(error) = take().await else {
        panic!("a snapshot without a prepared transaction");
    };
    assert_eq!(error.kind, ErrorKind::Lock, "{error}");
    assert!(error.to_string().contains("prepared by XA"), "{error}");
    sql(primary, "shop", &["XA ROLLBACK 'one'"]).await;
    assert!(take().await.is_ok());
}

/// An account that may only lock tables waits, too, for whoever has written and not committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_by_locked_tables_waits_for_open_transactions() {
    for kind in [ServerKind::Mysql56, ServerKind::MariaDb1011, ServerKind::Mysql97] {
        let Some((_sandbox, estate, server)) = lone(kind, false).await else {
            continue;
        };
        let primary = &estate.primary;
        sql(
            primary,
            "shop",
            &[
                "CREATE TABLE t (id INT PRIMARY KEY)",
                "CREATE USER locker@'%' IDENTIFIED BY 'l0cks-Tables'",
                "GRANT SELECT, LOCK TABLES, REPLICATION CLIENT ON *.* TO locker@'%'",
            ],
        )
        .await;
        let mut locker = server.endpoint().clone();
        locker.user = "locker".to_owned();
        locker.password = Secret::new("l0cks-Tables");
        let locker = database(locker);
        let shop = scope(&["shop"]);
        let take = async || {
            locker
                .snapshot(&shop, 2, "daybreak", Duration::from_millis(700))
                .await
        };
        let writer = primary.rows_in("shop", "BEGIN; INSERT INTO t VALUES (1); SELECT SLEEP(3); COMMIT");
        let snapshot = async {
            let writes =
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'";
            primary
                .wait_for(writes, "1", Duration::from_secs(10))
                .await
                .unwrap();
            let Err(error) = take().await else {
                panic!("{kind:?}: a snapshot beside a transaction that has written");
            };
            assert_eq!(error.kind, ErrorKind::Lock, "{kind:?}: {error}");
        };
        let (written, ()) = tokio::join!(writer, snapshot);
        written.unwrap();
        let snapshot = take().await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        snapshot.close().await.unwrap();
        sql(primary, "shop", &["INSERT INTO t VALUES (2)"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_copy_leaves_nothing() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    let table = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5))";
    sql(&pair.estate.primary, "shop", &[table]).await;
    sql(pair.cluster.writer(), "shop", &[table]).await;
    let shop = scope(&["shop"]);
    let image = pair
        .source
        .schema(&shop, &pair.target.flavor().await.unwrap())
        .await
        .unwrap();
    let table = &image.tables[0];
    for (blocks, words) in [
        (vec![Block::Rows("1\ta\n2\tb\n".into())], "broken off"),
        (vec![Block::Rows("1\ta\n1\tb\n".into()), Block::End], "skipped"),
        (vec![Block::Rows("1\ttoo long\n".into()), Block::End], "warnings"),
        (vec![Block::Rows("x\ta\n".into()), Block::End], "warnings"),
        (vec![Block::Rows("1\n".into()), Block::End], "warnings"),
    ] {
        let mut writer = pair.target.writer().await.unwrap();
        let (sender, receiver) = mpsc::channel(4);
        let sent = async {
            for block in blocks {
                sender.send(block).await.unwrap();
            }
            drop(sender);
        };
        let (_, written) = tokio::join!(sent, writer.write(table, &RowRange::Whole, receiver));
        let error = written.unwrap_err();
        assert!(error.to_string().contains(words), "{error}: {:?}", error.source);
        assert!(error.to_string().contains("shop.t"), "{error}");
        assert!(pair.target.is_empty(&shop).await.unwrap());
        // The writer goes on with its next range.
        let (sender, receiver) = mpsc::channel(4);
        sender.send(Block::End).await.unwrap();
        assert_eq!(
            writer
                .write(table, &RowRange::Whole, receiver)
                .await
                .unwrap()
                .rows,
            0
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_local_infile_rows_go_in_by_insert() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    sql(pair.cluster.writer(), "mysql", &["SET GLOBAL local_infile = OFF"]).await;
    sql(
        &pair.estate.primary,
        "shop",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY, v VARBINARY(300), j JSON, e ENUM('', 'a'), b BIT(9), d DOUBLE, x LONGTEXT, g GENERATED ALWAYS AS (id + 1))".replace("g GENERATED", "g INT GENERATED").as_str(),
            "INSERT INTO t (id, v, j, e, b, d, x) VALUES (1, x'00090A5C27225C4E', '{\"a\": \"\\\\\\\\ \\'x\"}', 'a', b'100000001', 1.5, REPEAT('ab\\n', 500000)), (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', '[]', '', 0, -0.0, '')",
        ],
    )
    .await;
    let (_, image) = load(&pair.source, &pair.target, &scope(&["shop"])).await;
    assert_eq!(assert_same_rows(&pair.source, &pair.target, &image).await, 3);

    // A row that is too large for a statement is named, and not taken for trouble with the network.
    let small = "SET GLOBAL max_allowed_packet = 1048576";
    sql(pair.cluster.writer(), "mysql", &[small]).await;
    let table = &image.tables[0];
    let mut writer = pair.target.writer().await.unwrap();
    writer.clear(table, &RowRange::Whole).await.unwrap();
    let mut snapshot = pair
        .source
        .snapshot(&scope(&["shop"]), 1, "daybreak", Duration::from_secs(5))
        .await
        .unwrap();
    let mut reader = snapshot.take_readers().remove(0);
    let (sender, receiver) = mpsc::channel(4);
    let (read, written) = tokio::join!(
        reader.read(table, &RowRange::Whole, sender),
        writer.write(table, &RowRange::Whole, receiver)
    );
    let error = written.unwrap_err();
    assert!(
        !error.is_transient() && error.to_string().contains("max_allowed_packet is 1048576"),
        "{error}: {read:?}"
    );

    // The snapshot outlives its writer: the same range is read again, by the same reader.
    for _ in 0..2 {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let error = reader.read(table, &RowRange::Whole, sender).await.unwrap_err();
        assert!(error.to_string().contains("the writer is gone"), "{error}");
    }
    let normal = "SET GLOBAL max_allowed_packet = 67108864";
    sql(
        pair.cluster.writer(),
        "mysql",
        &[normal, "SET GLOBAL local_infile = ON"],
    )
    .await;
    let mut writer = pair.target.writer().await.unwrap();
    assert_eq!(
        copy_range(&mut *reader, &mut *writer, table, &RowRange::Whole).await,
        3
    );
    assert_same_rows(&pair.source, &pair.target, &image).await;
}
