//! Schema and rows of every kind arrive as they were.

use crate::pair::{assert_same_schema, aurora, digests, load, own, sandbox, scope};

const EVERYTHING: &str = include_str!("everything.sql");

/// What both images might leave out alike.
const ARRIVED: [&str; 4] = [
    r#"SELECT obj_description('"Other ""schema"""."we""ird ta''ble; drop"'::regclass)"#,
    "SELECT obj_description(oid, 'pg_statistic_ext') || ' ' || stxstattarget FROM pg_statistic_ext WHERE stxname = 'orders_stats'",
    "SELECT column_default FROM information_schema.columns WHERE table_name = 'a_view' AND column_name = 'twice'",
    "SELECT string_agg(concat(tgrelid::regclass, ' ', tgenabled), ', ' ORDER BY tgrelid::regclass::text) FROM pg_trigger
     WHERE tgname = 'noted'",
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
