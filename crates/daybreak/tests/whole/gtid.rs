//! `daybreak gtid` on real servers: turned on and off under load, by file and offset and back, and refused with the reason.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Server, ServerKind, available};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::looking::{Looking, list, run};

/// Transactions, one after the other, each of which must succeed.
fn writing(estate: &Arc<Estate>, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<u64> {
    let (estate, stop) = (Arc::clone(estate), Arc::clone(stop));
    tokio::spawn(async move {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            let transaction = format!(
                "BEGIN; INSERT INTO visits (what) VALUES ('{written}'); UPDATE total SET amount = amount + 1; COMMIT"
            );
            run(&estate.primary, "shop", &transaction).await;
            written += 1;
        }
        written
    })
}

async fn caught_up(estate: &Estate, written: u64) {
    for replica in &estate.replicas {
        let count = "SELECT COUNT(*) FROM shop.visits";
        let patience = Duration::from_secs(30);
        if let Err(error) = replica.wait_for(count, &written.to_string(), patience).await {
            panic!("{error}\n{}", replica.log_tail(20));
        }
    }
}

/// The modes and whether every channel keeps its place by GTID and runs, as the program tells them.
fn told(report: &Value) -> Vec<(String, bool)> {
    list(report, "servers")
        .iter()
        .map(|server| {
            let channels = list(server, "channels");
            let by_gtid = channels
                .iter()
                .all(|channel| channel["by_gtid"] == true && channel["running"] == true);
            (
                server["gtid_mode"].as_str().unwrap_or_default().to_owned(),
                by_gtid,
            )
        })
        .collect()
}

async fn value(server: &Server, question: &str) -> String {
    server.value(question).await.expect("told").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_and_off_under_load_on_a_chain_of_mysql() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).replicas(2);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let estate = Arc::new(estate);
    let tables = "CREATE TABLE visits (id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40) NOT NULL); \
                  CREATE TABLE total (id INT PRIMARY KEY, amount BIGINT NOT NULL); INSERT INTO total VALUES (1, 0)";
    run(&estate.primary, "shop", tables).await;
    let (first, last) = (&estate.replicas[0], &estate.replicas[1]);
    let ready = "SELECT COUNT(*) FROM shop.total";
    for replica in [first, last] {
        replica
            .wait_for(ready, "1", Duration::from_secs(30))
            .await
            .expect("it follows");
    }
    let end = first.rows("SHOW BINARY LOG STATUS").await.expect("told");
    let (file, offset) = (
        end[0][0].clone().unwrap_or_default(),
        end[0][1].clone().unwrap_or_default(),
    );
    let below = format!(
        "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PORT = {}, SOURCE_LOG_FILE = '{file}', SOURCE_LOG_POS = {offset}; START REPLICA",
        first.port()
    );
    run(last, "mysql", &below).await;
    let login = looking.account(&estate, &["gtid"], &[], "numbers").await;
    for replica in [first, last] {
        let there = "SELECT COUNT(*) FROM mysql.user WHERE User = 'numbers'";
        replica
            .wait_for(there, "1", Duration::from_secs(30))
            .await
            .expect("the account is there");
    }
    // It is always a little behind: its source would have to send it a log that begins without GTIDs.
    let late =
        "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 2; START REPLICA SQL_THREAD";
    run(last, "mysql", late).await;

    let stop = Arc::new(AtomicBool::new(false));
    let load = writing(&estate, &stop);

    // Nothing is changed by looking, and what would be done is shown, replicas first.
    let looked = looking.json(&estate.primary, &login, &["gtid"], 0).await;
    assert_eq!(looked["verdict"], "ready", "{looked}");
    assert_eq!(
        told(&looked),
        vec![
            ("off".to_owned(), true),
            ("off".to_owned(), false),
            ("off".to_owned(), false)
        ]
    );
    let stages = list(&looked, "stages");
    assert_eq!(stages.len(), 6, "{looked}");
    let addresses = [last, first, &estate.primary].map(|server| server.address().to_string());
    let of: Vec<&str> = list(&stages[0], "statements")
        .iter()
        .filter_map(|sent| sent["server"].as_str())
        .collect();
    assert_eq!(of, addresses, "{looked}");
    assert_eq!(
        value(&estate.primary, "SELECT @@GLOBAL.enforce_gtid_consistency").await,
        "OFF"
    );

    // Killed while it watches, and begun again.
    let url = looking.url(&estate.primary, &login).await;
    let mut command = looking.command_at(&url, &login, &["gtid", "--execute", "--watch", "3600"]);
    let mut watcher = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(watcher.stderr.take().expect("piped")).lines();
    loop {
        let line = lines.next_line().await.expect("said").expect("it goes on");
        if line.contains("watching for") {
            break;
        }
    }
    watcher.kill().await.expect("killed");
    assert_eq!(
        value(last, "SELECT @@GLOBAL.enforce_gtid_consistency").await,
        "WARN"
    );
    let done = looking
        .json(&estate.primary, &login, &["gtid", "--execute", "--watch", "1"], 0)
        .await;
    assert_eq!(done["verdict"], "done", "{done}");
    assert!(
        told(&done).iter().all(|(mode, by_gtid)| mode == "on" && *by_gtid),
        "{done}"
    );

    // It outlives a restart.
    let persisted = "SELECT COUNT(*) FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN ('gtid_mode', 'enforce_gtid_consistency') AND VARIABLE_VALUE = 'ON'";
    assert_eq!(value(last, persisted).await, "2");

    let off = looking.json(&estate.primary, &login, &["gtid", "--off"], 0).await;
    assert_eq!(list(&off, "stages").len(), 5, "{off}");
    let back = looking
        .json(&estate.primary, &login, &["gtid", "--off", "--execute"], 0)
        .await;
    assert_eq!(back["verdict"], "done", "{back}");
    assert_eq!(
        told(&back),
        vec![
            ("off".to_owned(), true),
            ("off".to_owned(), false),
            ("off".to_owned(), false)
        ]
    );

    stop.store(true, Ordering::Relaxed);
    let written = load.await.expect("the application met no error");
    assert!(written > 50, "{written}");
    caught_up(&estate, written).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn violations_are_named_with_their_account_and_refuse() {
    let looking = Looking::new();
    let Some(estate) =
        available(Estate::start(&looking.sandbox, EstateOptions::new(ServerKind::Mysql97)).await)
    else {
        return;
    };
    let primary = &estate.primary;
    run(
        primary,
        "shop",
        "CREATE TABLE `odd;``n` (id INT) ENGINE = MyISAM; CREATE TABLE kept (id INT PRIMARY KEY)",
    )
    .await;
    let report = looking.json(primary, &estate.admin, &["gtid"], 0).await;
    let note = &list(&list(&report, "servers")[0], "obstacles")[0];
    assert_eq!(
        (&note["id"], &note["blocks"]),
        (&"mixed_engines".into(), &false.into()),
        "{note}"
    );
    assert_eq!(
        note["statement"], "ALTER TABLE `shop`.`odd;``n` ENGINE = InnoDB",
        "{note}"
    );

    // What the application does while violations are watched for is seen, and nothing is refused to it.
    let violate = async {
        let warns = "SELECT @@GLOBAL.enforce_gtid_consistency";
        primary
            .wait_for(warns, "WARN", Duration::from_secs(30))
            .await
            .expect("it warns");
        let mixed = "BEGIN; INSERT INTO kept VALUES (1); INSERT INTO `odd;``n` VALUES (1); COMMIT";
        primary
            .rows_as(&estate.app, "shop", mixed)
            .await
            .expect("it is not refused");
    };
    let watch = ["gtid", "--execute", "--watch", "15"];
    let (output, ()) = tokio::join!(looking.run(primary, &estate.admin, &watch), violate);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("violate the consistency"), "{said}");
    assert_eq!(
        value(primary, "SELECT @@GLOBAL.enforce_gtid_consistency").await,
        "WARN"
    );

    let refused = looking
        .json(primary, &estate.admin, &["gtid", "--execute"], 3)
        .await;
    assert_eq!(refused["verdict"], "refused", "{refused}");
    let why = list(&refused, "refused")[0]["why"].as_str().unwrap_or_default();
    assert!(
        why.contains("1785") && why.contains(estate.app.name()),
        "{refused}"
    );

    // Once the application is changed, what was counted can be forgotten, by the statement that is printed.
    let obstacles = list(&list(&refused, "servers")[0], "obstacles");
    let violation = obstacles.iter().find(|obstacle| obstacle["id"] == "violation");
    let forget = violation.and_then(|violation| violation["statement"].as_str());
    run(primary, "shop", forget.expect("a statement")).await;
    let ready = looking.json(primary, &estate.admin, &["gtid"], 0).await;
    assert_eq!(ready["verdict"], "ready", "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_56_gets_a_written_runbook() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql56);
    let blind = options.clone().setting("performance_schema", "OFF");
    let options = options.setting("performance_schema", "ON").replicas(1);
    let start = async |options| available(Estate::start(&looking.sandbox, options).await);
    let (Some(estate), Some(blind)) = tokio::join!(start(options), start(blind)) else {
        return;
    };
    let report = looking.json(&blind.primary, &blind.admin, &["gtid"], 0).await;
    let obstacles = list(&list(&report, "servers")[0], "obstacles");
    assert!(
        obstacles.iter().any(|obstacle| obstacle["id"] == "unseen"),
        "{report}"
    );
    // One by one: of several statements in one text this version tells no digest.
    for statement in [
        "CREATE TABLE t (id INT PRIMARY KEY)",
        "CREATE TABLE u SELECT * FROM t",
    ] {
        run(&estate.primary, "shop", statement).await;
    }
    let report = looking
        .json(&estate.primary, &estate.admin, &["gtid", "--execute"], 0)
        .await;
    assert_eq!(report["verdict"], "by_restart", "{report}");
    let runbook = list(&report, "runbook");
    let replica = estate.replicas[0].address().to_string();
    let follows = |step: &&Value| {
        step["server"] == replica.as_str() && step["say"].to_string().contains("MASTER_AUTO_POSITION = 1")
    };
    assert_eq!(runbook.iter().filter(follows).count(), 1, "{report}");
    assert!(
        runbook
            .iter()
            .all(|step| !step["check"].as_str().unwrap_or_default().is_empty()),
        "{report}"
    );
    let obstacles = list(&list(&report, "servers")[0], "obstacles");
    assert!(
        obstacles.iter().any(|obstacle| obstacle["id"] == "create_select"),
        "{report}"
    );
    assert_eq!(value(&estate.primary, "SELECT @@GLOBAL.gtid_mode").await, "OFF");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_mariadb_keeps_its_place_by_gtid_and_by_file_again() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::MariaDb1011).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let login = looking.account(&estate, &["gtid"], &[], "numbers").await;
    let there = "SELECT COUNT(*) FROM mysql.user WHERE User = 'numbers'";
    estate.replicas[0]
        .wait_for(there, "1", Duration::from_secs(30))
        .await
        .expect("the account is there");
    for (way, by_gtid) in [
        (&["gtid", "--execute"][..], true),
        (&["gtid", "--off", "--execute"], false),
    ] {
        let done = looking.json(&estate.primary, &login, way, 0).await;
        assert_eq!(done["verdict"], "done", "{done}");
        let replica = list(&done, "servers")
            .iter()
            .find(|server| !list(server, "channels").is_empty());
        let channel = &list(replica.expect("a replica"), "channels")[0];
        assert_eq!(
            (&channel["by_gtid"], &channel["running"]),
            (&by_gtid.into(), &true.into()),
            "{done}"
        );
    }
    run(
        &estate.primary,
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)",
    )
    .await;
    let followed =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 't'";
    estate.replicas[0]
        .wait_for(followed, "1", Duration::from_secs(30))
        .await
        .expect("it follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_asked_the_same_question() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Postgres(17)).setting("max_replication_slots", "2");
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let tables = "CREATE TABLE \"no;key\" (id integer); CREATE TABLE keyed (id integer PRIMARY KEY)";
    let slot = "SELECT pg_create_logical_replication_slot('kept', 'pgoutput')";
    for statement in [tables, slot] {
        run(&estate.primary, "shop", statement).await;
    }
    let report = looking.json(&estate.primary, &estate.admin, &["gtid"], 3).await;
    assert_eq!(report["verdict"], "refused", "{report}");
    let obstacles = list(&list(&report, "servers")[0], "obstacles");
    let of = |id: &str| -> Vec<&str> {
        let those = obstacles.iter().filter(|obstacle| obstacle["id"] == id);
        those.filter_map(|obstacle| obstacle["object"].as_str()).collect()
    };
    assert_eq!(of("max_replication_slots"), ["max_replication_slots"], "{report}");
    assert_eq!(of("failover_slot"), ["slot kept"], "{report}");
    assert_eq!(of("replica_identity"), ["public.\"no;key\""], "{report}");
    assert_eq!(of("wal_level"), Vec::<&str>::new(), "{report}");
}
