//! Ranges, snapshots, digests and keys.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_engine::Block;
use daybreak_model::{KeyPart, RowRange, Table, TableName};
use tokio::sync::mpsc;

use crate::pair::{Side, copy, link, make, ok, own, sandbox, scope, statement};

const TABLES: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.dense (id integer PRIMARY KEY, note text);
    INSERT INTO shop.dense SELECT g, repeat('x', g % 100) FROM generate_series(1, 20000) AS g;
    CREATE TABLE shop.sparse (id bigint PRIMARY KEY);
    INSERT INTO shop.sparse SELECT g::bigint * g * 1000 - 5000000000 FROM generate_series(1, 5000) AS g;
    CREATE TABLE shop.composite (a integer, b uuid, PRIMARY KEY (a, b));
    INSERT INTO shop.composite SELECT g % 10, md5(g::text)::uuid FROM generate_series(1, 5000) AS g;
    CREATE TABLE shop.texts (name text PRIMARY KEY, n integer);
    INSERT INTO shop.texts SELECT CASE WHEN g % 2 = 0 THEN 'ä' ELSE 'Z' END || g, g FROM generate_series(1, 5000) AS g;
    CREATE TABLE shop.keyless (a integer);
    INSERT INTO shop.keyless SELECT g FROM generate_series(1, 5000) AS g;
    CREATE TABLE shop.none (id integer PRIMARY KEY);
    ANALYZE";

async fn tables(side: &Side) -> Vec<Table> {
    let flavor = ok(side.database.flavor().await);
    ok(side.database.schema(&scope(&["shop"]), &flavor).await).tables
}

fn named<'a>(tables: &'a [Table], name: &str) -> &'a Table {
    tables
        .iter()
        .find(|table| table.name == TableName::new("shop", name))
        .unwrap()
}

/// The number of rows of a range as the reader sends them, counted by loading them elsewhere.
async fn rows_in(side: &Side, into: &Side, table: &Table, ranges: &[RowRange], in_snapshot: bool) -> u64 {
    let mut snapshot = None;
    let mut reader = if in_snapshot {
        let taken = ok(side
            .database
            .snapshot(&scope(&["shop"]), 1, "rows", Duration::from_secs(5))
            .await);
        snapshot = Some(taken);
        snapshot.as_mut().unwrap().take_readers().pop().unwrap()
    } else {
        ok(side.database.reader().await)
    };
    let mut writer = ok(into.database.writer().await);
    let mut rows = 0;
    for range in ranges {
        rows += copy(reader.as_mut(), writer.as_mut(), table, range).await.1.rows;
    }
    drop(snapshot);
    rows
}

#[tokio::test]
async fn ranges_cover_every_row_once() {
    for major in [13, 17] {
        let sandbox = sandbox();
        let Some(side) = own(&sandbox, "source", major).await else {
            return;
        };
        let Some(other) = own(&sandbox, "target", 17).await else {
            return;
        };
        side.run(&[TABLES]).await;
        let image = ok(side
            .database
            .schema(&scope(&["shop"]), &ok(side.database.flavor().await))
            .await);
        make(&other, &image, daybreak_model::Phase::BeforeRows).await;
        for table in &image.tables {
            let mut snapshot = ok(side
                .database
                .snapshot(&scope(&["shop"]), 1, "split", Duration::from_secs(5))
                .await);
            let read = ok(snapshot.take_readers()[0].cut(table, 700, 1 << 30).await);
            ok(snapshot.close().await);
            let check = ok(ok(side.database.checker().await).split(table, 700, 1 << 30).await);
            let total: u64 = side
                .value(&format!("SELECT count(*) FROM shop.{}", table.name.name))
                .await
                .unwrap()
                .parse()
                .unwrap();
            for (ranges, in_snapshot) in [(&read, true), (&check, false)] {
                assert_eq!(
                    rows_in(&side, &other, table, ranges, in_snapshot).await,
                    total,
                    "{} {ranges:?}",
                    table.name
                );
                ok(ok(other.database.writer().await)
                    .clear(table, &RowRange::Whole)
                    .await);
            }
            let cut = matches!(table.name.name.as_str(), "dense" | "sparse" | "composite");
            assert_eq!(check.len() > 1, cut, "{}: {check:?}", table.name);
            // The digests of the parts add up to the whole's.
            let mut checker = ok(side.database.checker().await);
            let whole = ok(checker.chunk(table, &RowRange::Whole).await);
            let (mut rows, mut sum) = (0, 0);
            for range in &check {
                let part = ok(checker.chunk(table, range).await);
                rows += part.rows;
                sum += part.sum;
            }
            assert_eq!((rows, sum), (whole.rows, whole.sum), "{}", table.name);
        }
    }
}

#[tokio::test]
async fn rows_are_told_apart_by_key() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    side.run(&[TABLES]).await;
    let tables = tables(&side).await;
    let mut checker = ok(side.database.checker().await);
    for name in ["dense", "sparse", "composite", "texts"] {
        let table = named(&tables, name);
        let all = ok(checker.rows(table, &RowRange::Whole, u64::MAX >> 1).await);
        let first = ok(checker.rows(table, &RowRange::Whole, 3).await);
        assert_eq!(first, all[..3], "{name}");
        let whole = ok(checker.chunk(table, &RowRange::Whole).await);
        let sum: u128 = all.iter().map(|row| u128::from(row.hash.first)).sum();
        assert_eq!((whole.rows, whole.sum), (all.len() as u64, sum), "{name}");
        let mut keys: Vec<_> = all[10..13].iter().map(|row| row.key.clone()).collect();
        let mut missing = keys[0].clone();
        missing.0[0] = match &missing.0[0] {
            KeyPart::Integer(_) => KeyPart::Integer(-1),
            _ => KeyPart::Text("no such".to_owned()),
        };
        keys.insert(1, missing);
        let found = ok(checker.rows_by_key(table, &keys).await);
        let expected = [Some(all[10].hash), None, Some(all[11].hash), Some(all[12].hash)];
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn a_snapshot_and_its_slot_share_every_change_between_them() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(target) = own(&sandbox, "target", 17).await else {
        return;
    };
    source
        .run(&[
            "CREATE SCHEMA shop; CREATE TABLE shop.t (id bigserial PRIMARY KEY, worker integer, n integer);
                  CREATE TABLE shop.sums (worker integer PRIMARY KEY, n bigint NOT NULL)",
        ])
        .await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|worker| {
            let (stop, url) = (Arc::clone(&stop), source.endpoint.clone());
            tokio::spawn(async move {
                let database = daybreak_engine::database(url);
                ok(database.run(&[statement(&format!("INSERT INTO shop.sums VALUES ({worker}, 0)"))]).await);
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let text = format!("INSERT INTO shop.t (worker, n) VALUES ({worker}, {n}); UPDATE shop.sums SET n = n + {n} WHERE worker = {worker}");
                    ok(database.run(&[statement(&text)]).await);
                }
                n
            })
        })
        .collect();
    source.until("SELECT count(*) > 40 FROM shop.t", "t").await;
    let scope = scope(&["shop"]);
    let forward = link(&source, &target, "there");
    ok(forward.prepare(&scope).await);
    let position = crate::pair::load(&source, &target, &scope, "there").await;
    ok(forward.start(Some(&position)).await);
    let loaded: u64 = source
        .value("SELECT count(*) FROM shop.t")
        .await
        .unwrap()
        .parse()
        .unwrap();
    source
        .until(&format!("SELECT count(*) > {} FROM shop.t", loaded + 40), "t")
        .await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
    let now = ok(source.database.position().await);
    ok(forward.wait_for(&now, Duration::from_secs(30)).await);
    assert_eq!(
        crate::pair::digests(&source, &scope).await,
        crate::pair::digests(&target, &scope).await
    );
    let unequal = "SELECT count(*) FROM shop.sums AS s WHERE n <> (SELECT sum(n) FROM shop.t AS t WHERE t.worker = s.worker)";
    assert_eq!(target.value(unequal).await.as_deref(), Some("0"));
}

#[tokio::test]
async fn a_copy_that_breaks_off_leaves_nothing() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 17).await else {
        return;
    };
    side.run(&["CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY CHECK (id < 4))"])
        .await;
    let tables = tables(&side).await;
    let mut writer = ok(side.database.writer().await);
    let text = {
        let mut table = tables[0].clone();
        table.columns[0].base_type = "public.sent_as_text".to_owned();
        table
    };
    let (sender, receiver) = mpsc::channel(4);
    sender.send(Block::Rows("1\n2\n".into())).await.unwrap();
    drop(sender);
    assert!(
        writer.write(&text, &RowRange::Whole, receiver).await.is_err(),
        "no end was sent"
    );
    let (sender, receiver) = mpsc::channel(4);
    sender.send(Block::Rows("1\n4\n".into())).await.unwrap();
    sender.send(Block::End).await.unwrap();
    let error = writer
        .write(&text, &RowRange::Whole, receiver)
        .await
        .expect_err("4 breaks the check");
    assert_eq!(error.code.as_deref(), Some("23514"));
    let (sender, receiver) = mpsc::channel(4);
    sender.send(Block::Rows("1\n2\n".into())).await.unwrap();
    sender.send(Block::End).await.unwrap();
    assert_eq!(ok(writer.write(&text, &RowRange::Whole, receiver).await).rows, 2);
    assert_eq!(
        side.value("SELECT sum(id) FROM shop.t").await.as_deref(),
        Some("3")
    );
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let mut reader = ok(side.database.reader().await);
    assert!(
        reader.read(&text, &RowRange::Whole, sender).await.is_err(),
        "nobody takes the rows"
    );
    ok(writer.clear(&text, &RowRange::Whole).await);
    assert!(ok(side.database.is_empty(&scope(&["shop"])).await));
}

#[tokio::test]
async fn digests_agree_between_versions() {
    let mut found = HashSet::new();
    for major in [13, 15, 17, 18] {
        let sandbox = sandbox();
        let Some(side) = own(&sandbox, "source", major).await else {
            return;
        };
        side.run(&[include_str!("everything.sql")]).await;
        side.run(&["ALTER DATABASE shop SET DateStyle = 'German'; ALTER DATABASE shop SET TimeZone = 'Asia/Kathmandu';
                    ALTER DATABASE shop SET extra_float_digits = 0; ALTER DATABASE shop SET bytea_output = escape"]).await;
        let side = side.again();
        let digests = crate::pair::digests(&side, &scope(&["shop", "Other \"schema\""])).await;
        found.insert(format!("{digests:?}"));
    }
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[tokio::test]
async fn large_rows_arrive_exactly_beside_small_ones() {
    const SHAPE: &str = "CREATE SCHEMA shop;
        CREATE TYPE shop.mood AS ENUM ('good', 'bad');
        CREATE TABLE shop.binary_form (id integer PRIMARY KEY, note text, body bytea);
        CREATE TABLE shop.text_form (id integer PRIMARY KEY, mood shop.mood, body text);
        CREATE TABLE shop.parts (id integer PRIMARY KEY, body text) PARTITION BY RANGE (id);
        CREATE TABLE shop.part_1 PARTITION OF shop.parts FOR VALUES FROM (0) TO (5);
        CREATE TABLE shop.part_2 PARTITION OF shop.parts FOR VALUES FROM (5) TO (100);
        CREATE TABLE shop.all_large (id integer PRIMARY KEY, body bytea)";
    const ROWS: &str = "INSERT INTO shop.binary_form SELECT g, 'n' || g,
            CASE WHEN g % 3 = 0 THEN decode(repeat(md5(g::text), 400001), 'hex') WHEN g % 3 = 1 THEN '' END
            FROM generate_series(1, 9) AS g;
        INSERT INTO shop.text_form SELECT g, 'bad', repeat(E'\\\\\\t' || md5(g::text), 150001 * (g % 2)) FROM generate_series(1, 6) AS g;
        INSERT INTO shop.parts SELECT g, repeat(md5(g::text), 150001 * (g % 2)) FROM generate_series(1, 8) AS g;
        INSERT INTO shop.all_large SELECT g, decode(repeat(md5(g::text), 400001), 'hex') FROM generate_series(1, 5) AS g;
        ANALYZE";
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 17).await else {
        return;
    };
    let Some(other) = own(&sandbox, "target", 17).await else {
        return;
    };
    side.run(&[SHAPE, ROWS]).await;
    other.run(&[SHAPE]).await;
    let tables = tables(&side).await;
    for (name, rows) in [
        ("binary_form", 9),
        ("text_form", 6),
        ("parts", 8),
        ("all_large", 5),
    ] {
        let table = named(&tables, name);
        assert_eq!(
            rows_in(&side, &other, table, &[RowRange::Whole], true).await,
            rows,
            "{name}"
        );
        let question = format!(
            "SELECT count(*) || md5(string_agg(md5(t::text), ',' ORDER BY id)) FROM shop.{name} AS t"
        );
        assert_eq!(
            side.value(&question).await,
            other.value(&question).await,
            "{name}"
        );
    }
}
