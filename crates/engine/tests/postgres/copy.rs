//! Schema and rows of every kind arrive as they were.

use daybreak_model::RowRange;

use crate::pair::{assert_same_schema, aurora, copy, digests, load, ok, own, sandbox, scope, statement};

const EVERYTHING: &str = include_str!("everything.sql");

/// What both images might leave out alike.
const ARRIVED: [&str; 5] = [
    r#"SELECT obj_description('"Other ""schema"""."we""ird ta''ble; drop"'::regclass)"#,
    "SELECT obj_description(oid, 'pg_statistic_ext') || ' ' || stxstattarget FROM pg_statistic_ext WHERE stxname = 'orders_stats'",
    "SELECT column_default FROM information_schema.columns WHERE table_name = 'a_view' AND column_name = 'twice'",
    "SELECT string_agg(concat(tgrelid::regclass, ' ', tgenabled), ', ' ORDER BY tgrelid::regclass::text) FROM pg_trigger
     WHERE tgname = 'noted'",
    r#"SELECT string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) FROM pg_class, aclexplode(relacl) AS x
     WHERE oid = 'shop."$rights$"'::regclass AND x.grantee::regrole::text = 'pg_monitor'"#,
];

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
    for question in ARRIVED {
        let there = target.value(question).await;
        assert_eq!(there, source.value(question).await, "{question}");
        assert!(there.is_some(), "{question}");
    }
    source.run(&[INCOMPARABLE]).await;
    let flavor = target.database.flavor().await.unwrap();
    let image = source
        .database
        .schema(&crate::pair::scope(&["refused"]), &flavor)
        .await;
    let refusals = image.unwrap().refusals;
    let refused: Vec<_> = refusals.iter().map(|refusal| refusal.object.as_str()).collect();
    let mut expected = vec![
        "table refused.generated_key",
        "table refused.arrays",
        "table refused.pairs",
    ];
    if to >= 18 {
        expected.insert(0, "table refused.comparable");
    }
    assert_eq!(refused, expected);
    let arrays = &refusals[refusals.len() - 2];
    assert!(arrays.reason.ends_with("column a (json[])"), "{refusals:?}");
}

/// Without a key, and some of a type without equality; one with a key that is not sent.
const INCOMPARABLE: &str = "CREATE SCHEMA refused;
    CREATE TYPE refused.pair AS (x integer, p point);
    CREATE DOMAIN refused.short AS varchar(5);
    CREATE TABLE refused.arrays (at timestamptz, a json[]);
    CREATE TABLE refused.pairs (at timestamptz PRIMARY KEY DEFERRABLE, p refused.pair);
    CREATE TABLE refused.generated_key (a integer, g integer GENERATED ALWAYS AS (a + 1) STORED PRIMARY KEY);
    CREATE TABLE refused.keyed (id integer PRIMARY KEY, a json);
    CREATE TABLE refused.comparable (v varchar, d refused.short, b jsonb, r int4range, m shop.mood[], c regclass, e public.hstore,
        g box GENERATED ALWAYS AS (box '((0,0),(1,1))') STORED)";

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
