//! `daybreak assess` on real estates: every node, in words and as JSON, with what the plan waives; and the runbook's gate.

use std::collections::BTreeSet;
use std::process::Output;

use daybreak_assess::postgresql_grants;
use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};
use serde_json::Value;

use crate::ground::{self, Ground};

/// What a finding of the estate's only defect says.
const DEFECT: &str = "postgresql.table.identity_nothing";

async fn postgres() -> Option<Ground> {
    let estate = EstateOptions::new(ServerKind::Postgres(15)).replicas(1);
    let ground = ground::lay(estate, AuroraOptions::postgres(17)).await?;
    ground.found(200).await;
    ground.init(|plan| plan).await;
    Some(ground)
}

async fn plant(ground: &Ground) {
    for statement in [
        "CREATE TABLE shop.odd (id integer PRIMARY KEY)",
        "ALTER TABLE shop.odd REPLICA IDENTITY NOTHING",
    ] {
        let planted = ground.estate.primary.rows_in("shop", statement).await;
        planted.expect("planted");
    }
}

/// The only line of standard output: an array of findings.
fn findings(output: &Output) -> Vec<Value> {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = ground::json_lines(output);
    let [Value::Array(findings)] = lines.as_slice() else {
        panic!("one array: {lines:?}\n{said}");
    };
    findings.clone()
}

fn with_id<'a>(findings: &'a [Value], id: &str) -> Vec<&'a Value> {
    findings.iter().filter(|finding| finding["id"] == id).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn waiver(check: &str, object: &str, expires: &str) -> String {
    format!(
        "\n[[waivers]]\ncheck = \"{check}\"\nobject = \"{object}\"\nreason = \"nobody changes it\"\nexpires = {expires}\n"
    )
}

#[tokio::test]
async fn every_check_is_listed_without_asking_anybody() {
    let list = async |format: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command.args(["--format", format, "assess", "--list"]);
        let output = command.output().await.expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    };
    let checks = findings(&list("json").await);
    let ids: BTreeSet<&str> = checks.iter().filter_map(|check| check["id"].as_str()).collect();
    assert_eq!(ids.len(), checks.len(), "ids are unique");
    let postgres = checks
        .iter()
        .filter(|check| check["engines"] == serde_json::json!(["postgresql"]));
    assert!(postgres.count() >= 55);
    for check in &checks {
        for field in ["id", "severity", "crossing", "title"] {
            assert!(check[field].is_string(), "{field} of {check}");
        }
        assert!(check["engines"].is_array(), "{check}");
    }
    let text = String::from_utf8_lossy(&list("text").await.stdout).into_owned();
    assert!(
        text.contains(DEFECT) && text.contains(&format!("{} checks", checks.len())),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_is_assessed_and_waivers_count_until_their_day() {
    let Some(ground) = postgres().await else {
        return;
    };
    let standby = format!("127.0.0.1:{}", ground.estate.replicas[0].port());
    let whole = ["--format", "json", "assess", "--also", &standby];
    // Without a defect nothing blocks.
    let output = ground.run(&whole).await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}\n{:?}",
        said(&output),
        findings(&output)
    );
    plant(&ground).await;
    let caught_up = "SELECT count(*)::text FROM pg_class WHERE relname = 'odd' AND relreplident = 'n'";
    let replica = &ground.estate.replicas[0];
    let mut there = false;
    for _ in 0..200 {
        let rows = replica.rows_in("shop", caught_up).await.expect("an answer");
        there = rows[0][0].as_deref() == Some("1");
        if there {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(there, "the standby has it");
    let output = ground.run(&whole).await;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let all = findings(&output);
    let found = with_id(&all, DEFECT);
    let servers: BTreeSet<&str> = found
        .iter()
        .filter_map(|finding| finding["server"].as_str())
        .collect();
    assert_eq!(servers.len(), 2, "on both nodes: {found:?}");
    for finding in &all {
        for field in ["id", "severity", "server", "object", "evidence", "remedy", "told"] {
            assert!(finding[field].is_string(), "{field} of {finding}");
        }
        assert!(
            finding["rows"].is_array() && finding.get("statement").is_some(),
            "{finding}"
        );
    }
    let finding = found[0];
    assert_eq!(
        (&finding["severity"], &finding["object"]),
        (&"blocks".into(), &"shop.odd".into())
    );
    assert_eq!(
        finding["statement"],
        "ALTER TABLE shop.odd REPLICA IDENTITY DEFAULT"
    );
    let ways = with_id(&all, "server.way");
    let replicates = |way: &&Value| {
        way["evidence"]
            .as_str()
            .is_some_and(|way| way.contains("native replication"))
    };
    assert!(ways.iter().any(replicates), "{ways:?}");
    // In words, with the counts.
    let output = ground.run(&["assess", "--also", &standby]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    for words in [
        DEFECT,
        "checks:",
        "1 block,",
        "supported until 2027-11-11",
        "Aurora PostgreSQL 15.17",
        "2 finding(s) block the move",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    // A standby that no server names, or that is gone, is never "clean".
    let output = ground.run(&["--format", "json", "assess"]).await;
    let unreached = findings(&output);
    let unreached = with_id(&unreached, "server.unreached");
    assert_eq!(unreached.len(), 1, "{unreached:?}");
    assert_eq!(unreached[0]["told"], "could_not_tell");
    // Waived until a day that is to come, and until one that is past.
    let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
    for (object, expires, code, words) in [
        ("shop.odd", "2999-12-31", 0, ""),
        ("shop.other", "2999-12-31", 3, ""),
        (
            "shop.odd",
            "2026-01-31",
            3,
            "ended on 2026-01-31 and no longer counts",
        ),
    ] {
        std::fs::write(
            ground.plan(),
            format!("{plan}{}", waiver(DEFECT, object, expires)),
        )
        .expect("the plan");
        let output = ground.run(&whole).await;
        assert_eq!(
            output.status.code(),
            Some(code),
            "{object} {expires}: {}",
            said(&output)
        );
        assert!(said(&output).contains(words), "{}", said(&output));
        let waived = findings(&output)
            .iter()
            .filter(|finding| finding.get("waived").is_some())
            .count();
        assert_eq!(waived, if code == 0 { 2 } else { 0 }, "{object} {expires}");
    }
    // What no waiver can be.
    for (text, words) in [
        (
            waiver("postgresql.table.identity_nothin", "x", "2999-12-31"),
            "did you mean `postgresql.table.identity_nothing`?",
        ),
        (
            waiver(DEFECT, "x", "2999-12-31").replace("nobody changes it", " "),
            "`waivers[0].reason` is empty",
        ),
        (waiver(DEFECT, "x", "07:30:00"), "which is no date"),
    ] {
        std::fs::write(ground.plan(), format!("{plan}{text}")).expect("the plan");
        let output = ground.run(&["assess"]).await;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(
            said(&output).contains(words),
            "`{words}` is missing in:\n{}",
            said(&output)
        );
    }
    std::fs::write(ground.plan(), plan).expect("the plan");
    targets(&ground).await;
    least_privilege(&ground).await;
}

/// The line is read as one word or as two, and must be of the source's family.
async fn targets(ground: &Ground) {
    for target in [
        ["--target", "17"].as_slice(),
        &["--target", "aurora-postgresql", "17"],
    ] {
        let arguments: Vec<&str> = ["assess"].iter().chain(target).copied().collect();
        let output = ground.run(&arguments).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(text.contains("towards Aurora PostgreSQL 17.9"), "{text}");
    }
    for (target, words) in [
        ("3.10", "17.9"),
        ("aurora-mysql 8.4", "17.9"),
        ("4711", "name one of: "),
    ] {
        let output = ground.run(&["assess", "--target", target]).await;
        assert_eq!(output.status.code(), Some(2), "{target}: {}", said(&output));
        assert!(
            said(&output).contains("hint:") && said(&output).contains(words),
            "{}",
            said(&output)
        );
    }
    // Where none is named, it is what the plan's cluster is to run.
    let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
    let cluster = "
[cluster]
name = \"shop\"
region = \"eu-central-1\"
engine = \"aurora-postgresql\"
version = \"18.3\"
network = { vpc = \"vpc-1\", subnets = [\"subnet-a\", \"subnet-b\"], applications = [\"10.0.0.0/16\"] }
instances = [{ role = \"writer\", class = \"db.r6g.large\" }]
";
    std::fs::write(ground.plan(), format!("{plan}{cluster}")).expect("the plan");
    let output = ground.run(&["assess"]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("towards Aurora PostgreSQL 18.3"),
        "{}",
        said(&output)
    );
    let other = cluster
        .replace("postgresql", "mysql")
        .replace("18.3", "8.0.mysql_aurora.3.10.0");
    std::fs::write(ground.plan(), format!("{plan}{other}")).expect("the plan");
    let output = ground.run(&["assess"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output)
            .contains("Aurora MySQL 3.10 (compatible with MySQL 8.0.42) is no target for the source"),
        "{}",
        said(&output)
    );
    std::fs::write(ground.plan(), plan).expect("the plan");
    let output = ground
        .run(&["assess", "--source", "postgres://nobody@127.0.0.1:1/shop"])
        .await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

/// The account that the grants describe sees what the administrator sees.
async fn least_privilege(ground: &Ground) {
    let primary = &ground.estate.primary;
    let create = "CREATE ROLE looker LOGIN PASSWORD 'only looks'".to_owned();
    let grants = postgresql_grants("looker", "shop", &["shop".to_owned()]);
    for statement in [create].iter().chain(&grants) {
        primary.rows_in("shop", statement).await.expect("granted");
    }
    let url = format!("postgres://looker@127.0.0.1:{}/shop?tls=off", primary.port());
    let mut command = ground.daybreak(&["--format", "json", "assess", "--source", &url]);
    let output = command
        .env("DAYBREAK_SOURCE_PASSWORD", "only looks")
        .output()
        .await
        .expect("runs");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let all = findings(&output);
    assert_eq!(with_id(&all, DEFECT).len(), 1, "{all:?}");
    let hidden: BTreeSet<&str> = all
        .iter()
        .filter(|finding| finding["told"] == "could_not_tell")
        .filter_map(|finding| finding["id"].as_str())
        .collect();
    assert_eq!(
        hidden,
        ["postgresql.role.md5_password", "server.unreached"].into()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_stops_the_runbook_before_anything_is_changed() {
    let Some(ground) = postgres().await else {
        return;
    };
    plant(&ground).await;
    let output = ground.run(&["run", "--yes", "--until", "estate.check"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let told = format!("{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
    assert!(told.contains(DEFECT) && told.contains("[[waivers]]"), "{told}");
    ground.change(|plan| format!("{plan}{}", waiver(DEFECT, "shop.odd", "2999-12-31")));
    let lines = ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "assess"])
        .await;
    let done = lines
        .iter()
        .find(|line| line["kind"] == "step_done" && line["step"] == "assess");
    let evidence = &done.unwrap_or_else(|| panic!("the step is done: {lines:?}"))["evidence"];
    assert_eq!(evidence["waived"], serde_json::json!([DEFECT]), "{evidence}");
    let servers = evidence["servers"].as_array().expect("the servers");
    assert_eq!(servers.len(), 1, "{evidence}");
    assert_eq!(servers[0]["target"], "17.9", "{evidence}");
    assert_eq!(servers[0]["score"]["blocks"], 1, "{evidence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_is_assessed_node_by_node() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(200).await;
    ground.init(|plan| plan).await;
    let output = ground.run(&["--format", "json", "assess"]).await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}\n{:?}",
        said(&output),
        findings(&output)
    );
    let odd = "CREATE TABLE shop.odd (id INT PRIMARY KEY) ENGINE = MyISAM";
    ground.estate.primary.rows(odd).await.expect("planted");
    let there =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop' AND table_name = 'odd'";
    let patience = std::time::Duration::from_secs(30);
    ground.estate.replicas[0]
        .wait_for(there, "1", patience)
        .await
        .expect("replicated");
    let output = ground.run(&["--format", "json", "assess"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let all = findings(&output);
    assert_eq!(
        with_id(&all, "mysql.table.engine").len(),
        2,
        "on both nodes: {all:?}"
    );
    // Newer than any line: loading is the only way.
    for way in with_id(&all, "server.way") {
        let words = way["evidence"].as_str().unwrap_or_default();
        assert!(words.starts_with("load while the source is read-only"), "{way}");
    }
}
