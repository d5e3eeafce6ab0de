//! `daybreak data-check` on real servers under writes: planted differences are named row by row and column by column, and
//! repaired; where there is none, none is found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Server, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, admit, list};

async fn run(server: &Server, statements: &str) {
    let ran = server.rows_in("shop", statements).await;
    ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// Waits until a replica answers a question as its primary does.
async fn follows(estate: &Estate, replica: &Server, question: &str) {
    let wanted = estate.primary.rows_in("shop", question).await.expect("an answer");
    for _ in 0..600 {
        if replica
            .rows_in("shop", question)
            .await
            .is_ok_and(|rows| rows == wanted)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{question}: the replica never answered as the primary does");
}

/// The rows found different on a server, as `table key kind`, sorted.
fn rows(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows: Vec<String> = list(report, "differences")
        .iter()
        .map(|row| {
            format!(
                "{} ({}) {}",
                text(&row["table"]),
                text(&row["key"]),
                text(&row["kind"])
            )
        })
        .collect();
    rows.sort();
    rows
}

fn column<'a>(report: &'a Value, table: &str, key: &str) -> &'a Value {
    let mut found = list(report, "differences").iter();
    let row = found.find(|row| row["table"] == table && row["key"] == key);
    &row.unwrap_or_else(|| panic!("no row {key} of {table} in {report}"))["columns"][0]
}

/// Transfers between accounts, each noted in a table without a key, until it is told to stop.
fn writing(
    estate: &Arc<Estate>,
    stop: &Arc<AtomicBool>,
    database: &'static str,
) -> tokio::task::JoinHandle<u64> {
    let (estate, stop) = (Arc::clone(estate), Arc::clone(stop));
    tokio::spawn(async move {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            let (one, other) = (written % 997 + 1, written % 991 + 2);
            let transfer = format!(
                "BEGIN; UPDATE accounts SET balance = balance - 1 WHERE id = {one}; \
                 UPDATE accounts SET balance = balance + 1 WHERE id = {other}; \
                 INSERT INTO keyless VALUES ({one}, 'more'); COMMIT"
            );
            estate
                .primary
                .rows_in(database, &transfer)
                .await
                .expect("a transfer");
            written += 1;
        }
        written
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_mysql_replica_are_compared_under_writes_and_repaired() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let estate = Arc::new(estate);
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "SET SESSION cte_max_recursion_depth = 2000000; \
         CREATE TABLE accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL, note VARCHAR(20)); \
         INSERT INTO accounts WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i, 100, 'x' FROM n; \
         CREATE TABLE odd (name VARCHAR(30) CHARACTER SET latin1 PRIMARY KEY, f DOUBLE, t TIMESTAMP(6) NULL, b VARBINARY(10), \
           j JSON, e ENUM('', 'a', 'it''s'), s SET('x', 'y'), bits BIT(64), d DECIMAL(20, 6), x TEXT); \
         INSERT INTO odd VALUES (x'E4', 1e-320, '2026-11-25 01:02:03.000001', x'00FF', '{\"b\": 1, \"a\": [2]}', 'it''s', 'x,y', b'101', 1.5, 'a\\tb'), \
           ('same', -0e0, NULL, NULL, NULL, '', '', NULL, NULL, NULL), ('gone', 0, NULL, x'', NULL, NULL, NULL, NULL, 0, ''); \
         CREATE TABLE keyless (a INT, b VARCHAR(10)); INSERT INTO keyless VALUES (1, 'one'), (1, 'one'), (2, 'two')",
    )
    .await;
    follows(&estate, replica, "SELECT COUNT(*) FROM keyless").await;
    let check = async |arguments: &[&str], status: i32| {
        let all = [&["data-check"], arguments].concat();
        looking.json(primary, &estate.admin, &all, status).await
    };

    let stop = Arc::new(AtomicBool::new(false));
    let load = writing(&estate, &stop, "shop");
    for _ in 0..3 {
        let report = check(&[], 0).await;
        assert_eq!(report["verdict"], "same", "{report}");
        assert_eq!(
            report["nodes"][0]["tables"].as_array().map(Vec::len),
            Some(3),
            "{report}"
        );
    }
    // Killed in the middle, it goes on where it was.
    let told = looking.folder.path().join(".daybreak/data-check.jsonl");
    let mut killed = looking.start(primary, &estate.admin, &["data-check"]).await;
    for _ in 0..6000 {
        let lines = std::fs::read_to_string(&told).map_or(0, |text| text.lines().count());
        if lines > 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.kill().await.expect("killed in the middle");
    assert!(told.exists(), "it was not done yet");
    let again = looking.run(primary, &estate.admin, &["data-check"]).await;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("going on"), "{said}");
    let printed = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(printed.contains("same: 3 tables, 10"), "{printed}");
    assert!(!told.exists(), "done");

    let open = "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0";
    let plant = "UPDATE accounts SET note = NULL WHERE id = 700001; DELETE FROM accounts WHERE id = 999999; \
                 INSERT INTO accounts VALUES (2000000, 0, ''); \
                 UPDATE odd SET t = '2026-11-25 01:02:03.000002', f = 2e-320, b = x'00FE' WHERE name = x'E4'; \
                 UPDATE odd SET f = 0e0 WHERE name = 'same'; DELETE FROM odd WHERE name = 'gone'; \
                 UPDATE keyless SET b = 'ONE' WHERE a = 1 LIMIT 1";
    run(
        replica,
        &format!("{open}; {plant}; SET GLOBAL super_read_only = ON"),
    )
    .await;
    let report = check(&[], 3).await;
    assert_eq!(report["verdict"], "different", "{report}");
    assert_eq!(
        rows(&report),
        [
            "shop.accounts (2000000) extra",
            "shop.accounts (700001) changed",
            "shop.accounts (999999) missing",
            "shop.keyless (1, 'ONE') extra",
            "shop.keyless (1, 'one') missing",
            "shop.odd (0xE4) changed",
            "shop.odd (gone) missing",
            "shop.odd (same) changed",
        ]
    );
    let changed = column(&report, "shop.accounts", "700001");
    assert_eq!(
        (&changed["column"], &changed["here"], &changed["there"]),
        (&Value::from("note"), &Value::from("'x'"), &Value::from("NULL"))
    );
    let hidden = check(&["--redact", "--table", "shop.odd"], 3).await;
    assert!(!hidden.to_string().contains("00FE"), "{hidden}");
    assert_eq!(column(&hidden, "shop.odd", "same")["column"], "f");

    let repaired = check(&["--execute"], 0).await;
    assert!(rows(&repaired).is_empty(), "{repaired}");
    assert_eq!(repaired["verdict"], "same", "{repaired}");
    stop.store(true, Ordering::Relaxed);
    assert!(load.await.expect("the application") > 10);
    let read_only = replica.value("SELECT @@GLOBAL.super_read_only").await;
    assert_eq!(
        read_only.expect("an answer").as_deref(),
        Some("1"),
        "closed again"
    );
    let own = replica
        .value("SELECT @@GLOBAL.gtid_executed LIKE CONCAT('%', @@GLOBAL.server_uuid, '%')")
        .await;
    assert_eq!(
        own.expect("an answer").as_deref(),
        Some("0"),
        "nothing of its own in its log"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_postgres_are_compared_with_standby_and_copy() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Postgres(17)).replicas(1);
    let copy = EstateOptions::new(ServerKind::Postgres(15));
    let started = tokio::join!(
        Estate::start(&looking.sandbox, options),
        Estate::start(&looking.sandbox, copy)
    );
    let (Some(estate), Some(copy)) = (available(started.0), available(started.1)) else {
        return;
    };
    let (primary, standby) = (&estate.primary, &estate.replicas[0]);
    let rows_of = "CREATE TABLE public.odd (id integer PRIMARY KEY, f float8, r real, n numeric, t timestamptz, i interval, b bytea, \
         j jsonb, a text[], g int4range, name text); \
         INSERT INTO public.odd VALUES (1, '-0', 1e-40, 1.50, '2026-11-25 01:02:03.000001+02', '1 mon -2 days', '\\x00ff', '{\"b\": 1, \"a\": 2}', '{a,NULL,\"b c\"}', '[1,5)', 'it''s'), \
         (2, 'infinity', 'nan', 'nan', 'infinity', '0', '', 'null', '{}', 'empty', NULL), (3, 0, 0, 0, '2000-01-01 00:00+00', '0', '', '[]', NULL, NULL, '')";
    run(primary, rows_of).await;
    run(&copy.primary, rows_of).await;
    follows(&estate, standby, "SELECT count(*) FROM public.odd").await;
    let other = looking.url(&copy.primary, &copy.admin).await;
    let also = format!("127.0.0.1:{}", standby.port());
    // One password for both.
    let same = format!(
        "ALTER ROLE \"{}\" PASSWORD '{}'",
        copy.admin.name(),
        estate.admin.password()
    );
    run(&copy.primary, &same).await;
    let check = async |arguments: &[&str], status: i32| {
        let all = [&["data-check", "--also", &also, "--node", &other], arguments].concat();
        looking.json(primary, &estate.admin, &all, status).await
    };
    let report = check(&[], 0).await;
    assert_eq!(report["verdict"], "same", "{report}");
    assert_eq!(list(&report, "nodes").len(), 2);
    run(
        &copy.primary,
        "UPDATE public.odd SET f = 0, n = 1.5 WHERE id = 1; DELETE FROM public.odd WHERE id = 2; \
         INSERT INTO public.odd (id) VALUES (9); UPDATE public.odd SET name = NULL WHERE id = 3",
    )
    .await;
    let report = check(&[], 3).await;
    let expected = [
        "public.odd (1) changed",
        "public.odd (2) missing",
        "public.odd (3) changed",
        "public.odd (9) extra",
    ];
    assert_eq!(rows(&report), expected);
    let report = check(&["--execute"], 0).await;
    assert_eq!(report["verdict"], "same", "{report}");
    let name = copy
        .primary
        .rows_in("shop", "SELECT name FROM public.odd WHERE id = 3")
        .await;
    assert_eq!(name.expect("a row"), [[Some(String::new())]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_looked_at_is_never_the_same() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "CREATE TABLE seen (id INT PRIMARY KEY); INSERT INTO seen VALUES (1); CREATE TABLE late (id INT PRIMARY KEY)",
    )
    .await;
    follows(&estate, replica, "SELECT COUNT(*) FROM late").await;
    let check = async |arguments: &[&str]| {
        let all = [&["data-check"], arguments].concat();
        let report = looking.json(primary, &estate.admin, &all, 6).await;
        assert_eq!(report["verdict"], "could_not_tell", "{report}");
        report
    };

    // Replication stands still, and a row is not there yet: nothing is proven.
    run(replica, "STOP REPLICA").await;
    run(primary, "INSERT INTO seen VALUES (2)").await;
    let report = check(&["--patience", "2"]).await;
    assert!(rows(&report).is_empty(), "{report}");
    run(replica, "START REPLICA").await;

    // A table that is not there is said to be so.
    run(replica, "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0; DROP TABLE late; SET GLOBAL super_read_only = ON").await;
    let report = check(&[]).await;
    assert!(report.to_string().contains("shop.late"), "{report}");
}

/// A server of the MySQL family lists only what an account may read, so that the rest would be left out without a word.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_may_not_read_is_no_same() {
    let looking = Looking::new();
    for kind in [ServerKind::Mysql97, ServerKind::MariaDb1011] {
        let Some(estate) = looking.with_replica(kind).await else {
            return;
        };
        let (primary, replica) = (&estate.primary, &estate.replicas[0]);
        run(
            primary,
            "CREATE TABLE seen (id INT PRIMARY KEY, a INT); CREATE TABLE hidden (id INT PRIMARY KEY); INSERT INTO hidden VALUES (1)",
        )
        .await;
        follows(&estate, replica, "SELECT COUNT(*) FROM hidden").await;
        let granted = looking.grants(&estate, &["check"], &["shop"], "narrow").await;
        let narrow: Vec<String> = granted
            .iter()
            .map(|statement| statement.replace("`shop`.*", "`shop`.`seen`"))
            .collect();
        assert_ne!(granted, narrow, "the rows are granted by database");
        let narrow = admit(&estate, "narrow", &narrow).await;
        let report = looking.json(primary, &narrow, &["data-check"], 6).await;
        assert_eq!(report["verdict"], "could_not_tell", "{report}");
        let said = report.to_string();
        assert!(
            said.contains("GRANT SELECT ON `shop`.* TO") && said.contains("narrow"),
            "{said}"
        );
        let report = looking
            .json(primary, &narrow, &["data-check", "--table", "shop.seen"], 0)
            .await;
        assert_eq!(report["verdict"], "same", "{report}");
    }
}
