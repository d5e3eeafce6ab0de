//! Schema and rows of every kind arrive as they were.

use daybreak_model::RowRange;

use crate::pair::{assert_same_schema, aurora, copy, digests, load, ok, own, sandbox, scope, statement};

const EVERYTHING: &str = include_str!("everything.sql");

async fn moves(from: u8, to: u8) {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", from).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", to).await else {
        return;
    };
    source.run(&[EVERYTHING]).await;
    let scope = scope(&["shop", "Other \"schema\""]);
    load(&source, &target, &scope, "moves").await;
    assert_same_schema(&source, &target, &scope).await;
    assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);
}

#[tokio::test]
async fn from_13_to_17() {
    moves(13, 17).await;
}

#[tokio::test]
async fn from_15_to_18() {
    moves(15, 18).await;
}

#[tokio::test]
async fn from_17_to_17() {
    moves(17, 17).await;
}

#[tokio::test]
async fn tables_made_together_are_all_there_or_none() {
    const ROWS: &str = "CREATE SCHEMA shop;
        CREATE TABLE shop.a (id integer); INSERT INTO shop.a SELECT generate_series(1, 30);
        CREATE TABLE shop.b (id integer); INSERT INTO shop.b SELECT generate_series(1, 40)";
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 17).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 17).await else {
        return;
    };
    source.run(&[ROWS]).await;
    target.run(&["CREATE SCHEMA shop"]).await;
    let flavor = ok(source.database.flavor().await);
    let image = ok(source.database.schema(&scope(&["shop"]), &flavor).await);
    assert_eq!(image.apart.len(), 2);
    let tables: Vec<_> = image.tables.iter().collect();
    let made = ["a", "b"].map(|name| statement(&format!("CREATE TABLE shop.{name} (id integer)")));
    let indexes = ["a", "b"].map(|name| statement(&format!("CREATE INDEX ON shop.{name} (id)")));
    let there = "SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace";
    let rows = "SELECT count(*) FROM (SELECT FROM shop.a UNION ALL SELECT FROM shop.b) AS all_rows";
    let mut reader = ok(source.database.reader().await);

    for whole in [false, true] {
        let mut writer = ok(target.database.writer().await);
        ok(writer.begin(&made).await);
        for table in &tables {
            let (read, written) = copy(reader.as_mut(), writer.as_mut(), table, &RowRange::Whole).await;
            assert_eq!(read, written);
        }
        if whole {
            ok(writer.commit(&indexes, &tables).await);
        }
        drop(writer);
        let wanted = if whole { "4" } else { "0" };
        target.until(there, wanted).await;
    }
    assert_eq!(target.value(rows).await.as_deref(), Some("70"));

    let mut writer = ok(target.database.writer().await);
    let mut again = made.clone();
    again[1].what = "create the second".to_owned();
    again[0].text = "CREATE TABLE shop.c (id integer)".to_owned();
    let error = writer.begin(&again).await.expect_err("it is there already");
    assert!(error.to_string().contains("create the second"), "{error}");
    drop(writer);
    target.until(there, "4").await;
}
