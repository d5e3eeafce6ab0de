//! The lock of a session that takes rows out.

use std::time::Duration;

use daybreak_engine::{ErrorKind, Fetch};
use daybreak_model::{RowFilter, RowRange};
use daybreak_sandbox::ServerKind;

use crate::ground::{Pair, pair, scope, sql};

#[tokio::test]
async fn whoever_asks_for_it_waits_until_the_session_has_ended() {
    for kind in [ServerKind::Mysql97, ServerKind::MariaDb1011] {
        let Some(pair) = pair(kind, false).await else {
            continue;
        };
        let mut first = pair.source.trimmer("mysql").await.unwrap();
        let mut second = pair.source.trimmer("mysql").await.unwrap();
        first.hold("daybreak_run_1").await.unwrap();
        second.hold("daybreak_run_2").await.unwrap();
        let mut waiting = Box::pin(second.hold("daybreak_run_1"));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(
            waited.is_err(),
            "{kind}: it has it although another session lives"
        );
        drop(first);
        let has = tokio::time::timeout(Duration::from_secs(20), &mut waiting).await;
        has.expect("the session has ended").unwrap();
        a_column_that_came_meanwhile(&pair).await;
        rows_come_back_beside_others(&pair).await;
    }
}

/// An `ENUM`'s invalid value comes back beside others of its kind, the empty member as what it is, and unique keys are seen to.
async fn rows_come_back_beside_others(pair: &Pair) {
    let made = "CREATE TABLE kept.kinds (id INT PRIMARY KEY, plain ENUM('a','b'), odd ENUM('a',''), note INT UNIQUE)";
    let seen = "CREATE TABLE kept.seen (checks INT)";
    let rows = "SET sql_mode = ''; INSERT INTO kept.kinds VALUES (1, '-', '', 1), (2, '-', '-', 2), (3, 'b', 'a', NULL), (4, '-', '-', 4)";
    let watch = "CREATE TRIGGER kept.watch BEFORE INSERT ON kept.kinds FOR EACH ROW INSERT INTO kept.seen VALUES (@@SESSION.unique_checks)";
    sql(&pair.estate.primary, "mysql", &[made, seen, rows, watch]).await;
    let look = "SELECT id, plain + 0, odd + 0, note FROM kept.kinds ORDER BY id";
    let before = pair.estate.primary.rows_in("kept", look).await.unwrap();
    let tables = pair.source.tables(&scope(&["kept"])).await.unwrap();
    let table = tables.iter().find(|table| table.name.name == "kinds").unwrap();
    let all = RowFilter::All(Vec::new());
    let fetch = Fetch {
        rows: 3,
        bytes: 1000,
        values: true,
    };
    let mut trimmer = pair.source.trimmer("kept").await.unwrap();
    let read = trimmer.rows(table, &RowRange::Whole, &all, fetch).await.unwrap();
    let gone = trimmer.delete(table, &all, &read, &[]).await.unwrap();
    assert_eq!(gone.rows, 3);
    let values: Vec<_> = read.into_iter().map(|row| row.values).collect();
    trimmer.store(table, &values).await.unwrap();
    let after = pair.estate.primary.rows_in("kept", look).await.unwrap();
    assert_eq!(after, before);
    let checks = "SELECT DISTINCT checks FROM kept.seen";
    let checks = pair.estate.primary.rows_in("kept", checks).await.unwrap();
    assert_eq!(checks, [[Some("1".to_owned())]]);
}

/// Rows that were read, and archived, without a column stay.
async fn a_column_that_came_meanwhile(pair: &Pair) {
    let made = "CREATE TABLE kept.notes (id INT PRIMARY KEY, note TEXT, twice INT AS (id * 2))";
    let rows = "INSERT INTO kept.notes (id, note) VALUES (1, 'a'), (2, 'b')";
    sql(
        &pair.estate.primary,
        "mysql",
        &["CREATE DATABASE kept", made, rows],
    )
    .await;
    let tables = pair.source.tables(&scope(&["kept"])).await.unwrap();
    let all = RowFilter::All(Vec::new());
    let fetch = Fetch {
        rows: 1,
        bytes: 1000,
        values: true,
    };
    let mut trimmer = pair.source.trimmer("kept").await.unwrap();
    let read = trimmer
        .rows(&tables[0], &RowRange::Whole, &all, fetch)
        .await
        .unwrap();
    let gone = trimmer.delete(&tables[0], &all, &read, &[]).await.unwrap();
    assert_eq!(gone.rows, 1);
    let read = trimmer
        .rows(&tables[0], &RowRange::Whole, &all, fetch)
        .await
        .unwrap();
    let more = "ALTER TABLE kept.notes ADD COLUMN paid INT NOT NULL DEFAULT 7";
    sql(&pair.estate.primary, "kept", &[more]).await;
    let error = trimmer.delete(&tables[0], &all, &read, &[]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SchemaChanged, "{error}");
    assert!(error.to_string().contains("column `paid`"), "{error}");
    assert!(error.hint().is_some(), "{error}");
    let left = trimmer.count(&tables[0], &RowRange::Whole, &all).await.unwrap();
    assert_eq!(left, 1);
}
