//! The lock of a session that takes rows out.

use std::time::Duration;

use daybreak_engine::{ErrorKind, Fetch};
use daybreak_model::{RowFilter, RowRange};

use crate::pair::{Side, ok, own, sandbox, scope};

#[tokio::test]
async fn whoever_asks_for_it_waits_until_the_session_has_ended() {
    let sandbox = sandbox();
    for major in [13, 18] {
        let Some(side) = own(&sandbox, "source", major).await else {
            continue;
        };
        let mut first = ok(side.database.trimmer("public").await);
        let mut second = ok(side.database.trimmer("public").await);
        ok(first.hold("daybreak_run_1").await);
        ok(second.hold("daybreak_run_2").await);
        let mut waiting = Box::pin(second.hold("daybreak_run_1"));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(
            waited.is_err(),
            "{major}: it has it although another session lives"
        );
        drop(first);
        let has = tokio::time::timeout(Duration::from_secs(20), &mut waiting).await;
        ok(has.expect("the session has ended"));
        a_column_that_came_meanwhile(&side).await;
    }
}

/// Rows that were read, and archived, without a column stay.
async fn a_column_that_came_meanwhile(side: &Side) {
    side.run(&[
        "CREATE SCHEMA kept",
        "CREATE TABLE kept.notes (id int PRIMARY KEY, gone int, note text, twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "ALTER TABLE kept.notes DROP COLUMN gone",
        "INSERT INTO kept.notes (id, note) VALUES (1, 'a'), (2, 'b')",
    ])
    .await;
    let tables = ok(side.database.tables(&scope(&["kept"])).await);
    let all = RowFilter::All(Vec::new());
    let fetch = Fetch {
        rows: 1,
        bytes: 1000,
        values: true,
    };
    let mut trimmer = ok(side.database.trimmer("kept").await);
    let read = ok(trimmer.rows(&tables[0], &RowRange::Whole, &all, fetch).await);
    let gone = ok(trimmer.delete(&tables[0], &all, &read, &[]).await);
    assert_eq!(gone.rows, 1);
    let read = ok(trimmer.rows(&tables[0], &RowRange::Whole, &all, fetch).await);
    side.run(&["ALTER TABLE kept.notes ADD COLUMN paid int NOT NULL DEFAULT 7"])
        .await;
    let error = trimmer.delete(&tables[0], &all, &read, &[]).await;
    let error = error.expect_err("it has a column more");
    assert_eq!(error.kind, ErrorKind::SchemaChanged, "{error}");
    assert!(error.to_string().contains("column `paid`"), "{error}");
    assert!(error.hint().is_some(), "{error}");
    let left = ok(trimmer.count(&tables[0], &RowRange::Whole, &all).await);
    assert_eq!(left, 1);
}
