//! `daybreak data-check` of servers that are the same and never stand still: it never reports a difference.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_sandbox::{Engine, Estate, ServerKind};

use crate::looking::{Looking, list, run};

/// How often the estate is looked at.
const RUNS: usize = 20;

/// Rows that an application changes, makes and takes away all the time, and one that every transaction changes.
fn tables(kind: ServerKind) -> String {
    let recursion = match kind {
        ServerKind::MariaDb1011 => "max_recursive_iterations",
        _ => "cte_max_recursion_depth",
    };
    let text = match kind.engine() {
        Engine::Mysql => {
            "CREATE TABLE stock (id INT PRIMARY KEY, amount BIGINT NOT NULL, seen TIMESTAMP(6) NULL); \
             SET SESSION {recursion} = 50000; \
             INSERT INTO stock WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, i, NULL FROM n; \
             CREATE TABLE visits (id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40) NOT NULL); \
             CREATE TABLE total (id INT PRIMARY KEY, amount BIGINT NOT NULL); INSERT INTO total VALUES (1, 0); \
             CREATE TABLE log (what VARCHAR(40)); INSERT INTO log VALUES ('one'), ('one')"
        }
        Engine::Postgres => {
            "CREATE TABLE stock (id integer PRIMARY KEY, amount bigint NOT NULL, seen timestamptz); \
             INSERT INTO stock SELECT i, i, NULL FROM generate_series(1, 50000) AS i; ANALYZE stock; \
             CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what varchar(40) NOT NULL); \
             CREATE TABLE total (id integer PRIMARY KEY, amount bigint NOT NULL); INSERT INTO total VALUES (1, 0); \
             CREATE TABLE log (what varchar(40)); INSERT INTO log VALUES ('one'), ('one')"
        }
    };
    text.replace("{recursion}", recursion)
}

/// Changes hot rows, some of all rows, and makes and takes away others, until it is told to stop.
fn writing(estate: &Arc<Estate>, stop: &Arc<AtomicBool>, own: u32) -> tokio::task::JoinHandle<u32> {
    let (estate, stop) = (Arc::clone(estate), Arc::clone(stop));
    tokio::spawn(async move {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            let (hot, any) = (written % 5 + 1, (written * 7919 + own * 101) % 50_000 + 1);
            let visit = written % 50;
            let transaction = format!(
                "BEGIN; UPDATE stock SET amount = amount + 1, seen = CURRENT_TIMESTAMP(6) WHERE id = {hot}; \
                 UPDATE stock SET amount = amount - 1 WHERE id = {any}; UPDATE total SET amount = amount + 1 WHERE id = 1; \
                 DELETE FROM visits WHERE what = '{own}-{visit}'; INSERT INTO visits (what) VALUES ('{own}-{visit}'); COMMIT"
            );
            // A deadlock between the two writers undoes one of them, as in life.
            drop(estate.primary.rows_in("shop", &transaction).await);
            written += 1;
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        written
    })
}

async fn stays_clean(kind: ServerKind) {
    let looking = Looking::new();
    let Some(estate) = looking.with_replica(kind).await else {
        return;
    };
    let estate = Arc::new(estate);
    run(&estate.primary, "shop", &tables(kind)).await;
    let login = looking.account(&estate, &["check"], &[], "compares").await;
    let replica = &estate.replicas[0];
    let also = format!("127.0.0.1:{}", replica.port());
    let arguments: &[&str] = match kind.engine() {
        Engine::Mysql => &["data-check"],
        Engine::Postgres => &["data-check", "--also", &also],
    };
    for _ in 0..600 {
        if replica
            .rows_as(&login, "shop", "SELECT what FROM log")
            .await
            .is_ok_and(|rows| rows.len() == 2)
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let loads = [writing(&estate, &stop, 1), writing(&estate, &stop, 2)];
    let mut again = 0;
    for _ in 0..RUNS {
        let report = looking.json(&estate.primary, &login, arguments, 0).await;
        assert_eq!(report["verdict"], "same", "{report}");
        let node = &list(&report, "nodes")[0];
        assert_eq!(list(node, "tables").len(), 4, "{report}");
        again += node["rechecked"].as_u64().unwrap_or(0);
    }
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        assert!(load.await.expect("the application") > 100);
    }
    assert!(again > 0, "rows did move under the check");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_checks_of_mysql_under_writes_report_nothing() {
    stays_clean(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_checks_of_mariadb_under_writes_report_nothing() {
    stays_clean(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_checks_of_postgres_under_writes_report_nothing() {
    stays_clean(ServerKind::Postgres(17)).await;
}
