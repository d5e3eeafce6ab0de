//! A target that another program filled: taken over at the position that it tells, while an application writes.

use std::path::PathBuf;
use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, EstateOptions, Login, ServerKind, available};
use tokio::process::Command;

use crate::ground::{self, Ground};

/// What a dump by `mysqldump` stands at.
#[derive(Clone)]
struct Brought {
    gtid_set: String,
    file: String,
    offset: String,
}

fn client(program: PathBuf, login: &Login, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--no-defaults", "--host=127.0.0.1"])
        .arg(format!("--user={}", login.name()))
        .arg(format!("--port={port}"))
        .env("MYSQL_PWD", login.password());
    command
}

/// Brings the bank to the target by the servers' own tools.
async fn bring(ground: &Ground, gtid: bool) -> Option<Brought> {
    let kind = ServerKind::Mysql97;
    let dump = available(ground.sandbox.program(kind, "mysqldump").await)?;
    let load = available(ground.sandbox.program(kind, "mysql").await)?;
    let gtids = if gtid {
        "--set-gtid-purged=COMMENTED"
    } else {
        "--set-gtid-purged=OFF"
    };
    let (estate, cluster) = (&ground.estate, &ground.cluster);
    let dump = client(dump, &estate.admin, estate.primary.port())
        .args(["--single-transaction", "--source-data=2", gtids])
        .args([
            "--routines",
            "--triggers",
            "--events",
            "--databases",
            &ground.estate.database,
        ])
        .output()
        .await
        .expect("a dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let text = String::from_utf8_lossy(&dump.stdout);
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from)?;
        rest.split_once(to).map(|(value, _)| value.to_owned())
    };
    let file = ground.folder.path().join("dump.sql");
    // An administrator of Aurora's may not keep statements out of the binary log.
    let mut sql = Vec::with_capacity(dump.stdout.len());
    for line in dump.stdout.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"SET @@SESSION.SQL_LOG_BIN") {
            sql.extend_from_slice(line);
        }
    }
    std::fs::write(&file, sql).expect("written");
    let loaded = client(load, &cluster.admin, cluster.cluster_port())
        .stdin(std::fs::File::open(&file).expect("open"))
        .output()
        .await
        .expect("a load");
    assert!(
        loaded.status.success(),
        "{}",
        String::from_utf8_lossy(&loaded.stderr)
    );
    let gtid_set = between(&text, "GTID_PURGED='+", "'").unwrap_or_default();
    Some(Brought {
        gtid_set: gtid_set.split_whitespace().collect(),
        file: between(&text, "SOURCE_LOG_FILE='", "'").expect("a file"),
        offset: between(&text, "SOURCE_LOG_POS=", ";").expect("an offset"),
    })
}

/// The plan says what was brought.
fn brought_at(plan: &str, position: &str) -> String {
    plan.replace(
        "workers = 4",
        &format!("workers = 4\nmethod = \"restored\"\nposition = \"{position}\""),
    )
}

/// The same in the words of a backup of data files: its manifest tells where it stood. No such backup of this server can be restored
/// here, so that its rows come by the other way, too.
fn backed_up(ground: &Ground, plan: &str, brought: &Brought, server: &str) {
    let place = ground.folder.path().join("backup");
    std::fs::create_dir_all(place.join("files")).expect("a directory");
    let manifest = serde_json::json!({
        "format": 1, "at": "2026-11-27T03:00:00Z", "server": server, "address": "db1:3306",
        "source": { "product": "Mysql", "version": { "major": 8, "minor": 0, "patch": 36 }, "hosting": "SelfManaged" },
        "program": "xtrabackup", "program_version": { "major": 8, "minor": 0, "patch": 36 },
        "position": { "file": brought.file, "offset": brought.offset.parse::<u64>().expect("a number"),
                      "gtid_set": brought.gtid_set },
        "files": 1, "bytes": 1, "parts": [],
    });
    std::fs::write(place.join("backup.json"), manifest.to_string()).expect("written");
    let plan = plan.replace("workers = 4", "workers = 4\nmethod = \"xtrabackup\"");
    let table = format!("\n[load.backup]\nto = \"{}\"\n\n[check]\n", place.display());
    std::fs::write(ground.plan(), plan.replace("\n[check]\n", &table)).expect("the plan");
}

async fn is_taken_over(gtid: bool) {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(gtid);
    let Some(mut ground) = ground::lay(estate, AuroraOptions::mysql().gtid(gtid)).await else {
        return;
    };
    ground.found(2_000).await;
    ground
        .init(|plan| plan.replace("gtid = true", &format!("gtid = {gtid}")))
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank(8);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let Some(brought) = bring(&ground, gtid).await else {
        return;
    };
    let position = if gtid {
        brought.gtid_set.clone()
    } else {
        format!("{}:{}", brought.file, brought.offset)
    };
    assert!(!position.is_empty(), "mysqldump tells where it stands");
    let plain = std::fs::read_to_string(ground.plan()).expect("the plan");

    // What cannot be right is refused before anything is changed.
    let other_way = if gtid {
        "binlog.000001:4"
    } else {
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9"
    };
    let foreign = if gtid {
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9".to_owned()
    } else {
        "binlog.009999:4".to_owned()
    };
    let execute = ["load", "--execute"];
    for (position, words) in [
        (
            other_way.to_owned(),
            if gtid {
                "the plan replicates by GTID"
            } else {
                "replicates by file positions"
            },
        ),
        (
            foreign,
            if gtid {
                "it never executed"
            } else {
                "no such binary log"
            },
        ),
        ("yesterday".to_owned(), "`load.position` is `yesterday`"),
    ] {
        ground.change(|_| brought_at(&plain, &position));
        let refused = ground.run(&execute).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && said.contains(words),
            "{position}: {said}"
        );
        assert!(said.contains("hint:"), "{said}");
    }
    std::fs::write(ground.plan(), brought_at(&plain, &position)).expect("the plan");
    // A table that was not brought, or is another.
    let database = ground.estate.database.clone();
    let writer = ground.cluster.writer();
    let alter = async |what: &str| {
        writer
            .rows(&format!("ALTER TABLE {database}.accounts {what}"))
            .await
            .expect("altered");
    };
    alter("ADD COLUMN stray INT").await;
    let refused = ground.run(&execute).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("accounts"), "{said}");
    // Nor is it ours now: a load of another method does not put rows in its place.
    std::fs::write(ground.plan(), &plain).expect("the plan");
    let refused = ground.run(&execute).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("the target is not empty"),
        "{said}"
    );
    std::fs::write(ground.plan(), brought_at(&plain, &position)).expect("the plan");
    alter("DROP COLUMN stray").await;
    let events = |state: &str| {
        format!(
            "SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_NAME = 'forget_visits' AND STATUS = '{state}'"
        )
    };
    let awake = writer.rows(&events("ENABLED")).await.expect("events");
    assert_eq!(awake[0][0].as_deref(), Some("1"), "nothing was changed so far");

    if gtid {
        // Of another server, of which nothing is known here but its GTIDs; then of this one.
        let foreign = Brought {
            gtid_set: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9".to_owned(),
            ..brought.clone()
        };
        backed_up(&ground, &plain, &foreign, "another");
        let refused = ground.run(&execute).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && said.contains("it never executed"),
            "{said}"
        );
        backed_up(&ground, &plain, &brought, "a replica of it");
        let loaded = ground.succeed(&["--format", "json", "load", "--execute"]).await;
        assert_eq!(loaded[0]["loaded"]["position"]["gtid"], brought.gtid_set.as_str());
    }
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(ground.writable().await, [false, true]);
    let live = writer
        .wait_for(&events("ENABLED"), "1", Duration::from_secs(20))
        .await;
    live.expect("an event lives where writes go");
    let kept = ground
        .estate
        .primary
        .rows(&events("ENABLED"))
        .await
        .expect("events");
    assert_eq!(kept[0][0].as_deref(), Some("0"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(ground.writable().await, [true, false]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_tool_loaded_is_taken_over_by_gtid() {
    is_taken_over(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_tool_loaded_is_taken_over_by_file_position() {
    is_taken_over(false).await;
}

/// A target that has the source's transactions by their GTIDs, as a restored or a promoted server has, tells itself where it stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_tells_by_its_gtids_where_it_stands() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(500).await;
    ground.init(|plan| brought_at(&plan, "target")).await;
    let Some(brought) = bring(&ground, true).await else {
        return;
    };
    let load = ["--format", "json", "load", "--execute"];
    let refused = ground.run(&load).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let silent = "has executed no transaction of the source's";
    assert!(!refused.status.success() && said.contains(silent), "{said}");
    let told = format!("CALL mysql.rds_gtid_purged('+{}')", brought.gtid_set);
    ground.cluster.sql(&told).await.expect("told");
    let loaded = ground.succeed(&load).await;
    assert_eq!(loaded[0]["loaded"]["position"]["gtid"], brought.gtid_set.as_str());
    ground.change(|plan| plan.replace("gtid = true", "gtid = false"));
    let refused = ground.run(&load).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("`replication.gtid` is not set"),
        "{said}"
    );
}
