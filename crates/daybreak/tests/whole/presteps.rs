//! The runbook compares the estate before it copies anything (P2, P3): on real servers.

use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, EstateOptions, Server, ServerKind};
use serde_json::Value;

use crate::ground::{self, Ground};
use crate::refusals::refused;

/// As far as this, in JSON; without the first two for people.
const UNTIL: [&str; 6] = ["--format", "json", "run", "--yes", "--until", "data.check.estate"];

/// The evidence of a step that a run did.
fn evidence<'a>(lines: &'a [Value], step: &str) -> &'a Value {
    let done = lines
        .iter()
        .find(|line| line["kind"] == "step_done" && line["step"] == step);
    &done.unwrap_or_else(|| panic!("{step} is done: {lines:?}"))["evidence"]
}

fn waiver(check: &str, object: &str) -> String {
    format!(
        "\n[[waivers]]\ncheck = \"{check}\"\nobject = \"{object}\"\nreason = \"that replica goes\"\nexpires = 2999-12-31\n"
    )
}

/// Changes a replica alone.
async fn on_replica(replica: &Server, statements: &str) {
    let all = format!(
        "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0; USE shop; {statements}; SET GLOBAL super_read_only = ON"
    );
    replica.rows(&all).await.expect("changed");
}

/// Waits until the replica has everything that the primary has.
async fn settled(ground: &Ground) {
    let last = "SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_NAME = 'forget_visits'";
    let replica = &ground.estate.replicas[0];
    let patience = Duration::from_secs(60);
    replica.wait_for(last, "1", patience).await.expect("it follows");
    let rows = "SELECT COUNT(*) FROM shop.order_lines";
    let there = ground.estate.primary.value(rows).await.expect("asked");
    replica
        .wait_for(rows, &there.expect("a number"), patience)
        .await
        .expect("it follows");
}

/// Killed in the middle of its comparison, a run goes on with it where it was, and ends as one that was not.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_its_comparison_a_run_goes_on_with_it() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    let large = "SET SESSION cte_max_recursion_depth = 1000000; USE shop; \
                 CREATE TABLE large (id INT PRIMARY KEY, note CHAR(100) NOT NULL); \
                 INSERT INTO large WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 400000) \
                 SELECT i, 'x' FROM n";
    ground.estate.primary.rows(large).await.expect("a large table");
    ground.found(200).await;
    ground.init(|plan| plan).await;
    settled(&ground).await;
    let told = ground.folder.path().join(".daybreak/estate-check.jsonl");
    // How many ranges of the table are done.
    let done = || {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_large = lines.filter(|line| line["range"]["name"]["name"] == "large");
        of_large.filter_map(|line| line["range"]["done"].as_u64()).max()
    };
    let mut child = ground
        .daybreak(&UNTIL)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let begun = std::time::Instant::now();
    while done().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it comes to its rows");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().await.expect("killed");
    assert!(told.exists(), "it was not done yet");
    // What is changed where it has been is not seen by one that goes on, and by one that begins anew it is.
    on_replica(
        &ground.estate.replicas[0],
        "UPDATE large SET note = 'y' WHERE id = 1",
    )
    .await;

    let run = ground.succeed(&UNTIL).await;
    let check = &evidence(&run, "data.check.estate")["checks"][0];
    let report = &check["report"];
    assert!(report["rows"].as_u64() > Some(400_000), "{check}");
    let tables = report["tables"].as_array().expect("tables");
    assert!(
        tables.len() > 3 && tables.iter().all(|table| table["verdict"] == "same"),
        "{check}"
    );
    assert!(!told.exists(), "done");
    let anew = ground.run(&["--format", "json", "data-check"]).await;
    assert_eq!(anew.status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_differs_stops_a_migration_before_anything_is_changed() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(200).await;
    ground.init(|plan| plan).await;
    settled(&ground).await;
    let replica = &ground.estate.replicas[0];
    on_replica(
        replica,
        "ALTER TABLE visits DROP COLUMN page; ALTER TABLE transfers DROP INDEX done; \
         UPDATE products SET title = CONCAT(title, '!') WHERE id = 7",
    )
    .await;

    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(
        said.contains("do not have the same schema")
            && said.contains("schema.check of shop.visits.page")
            && !said.contains("shop.transfers.done")
            && said.contains("[[waivers]]"),
        "{said}"
    );
    let schemas = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'";
    let there = ground.cluster.writer().value(schemas).await.expect("asked");
    assert_eq!(there.as_deref(), Some("0"), "nothing is on the target");

    ground.change(|plan| plan + &waiver("schema.check", "shop.visits.page"));
    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(
        said.contains("do not hold the same rows")
            && said.contains("data.check.estate of shop.products on replica")
            && said.contains("row (7)"),
        "{said}"
    );

    // The row is waived; that the other table cannot be compared without its column stops the run, too.
    ground.change(|plan| plan + &waiver("data.check.estate", "shop.products"));
    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(
        said.contains("could not be told")
            && said.contains("shop.visits")
            && said.contains("check.estate = false"),
        "{said}"
    );

    on_replica(
        replica,
        "ALTER TABLE visits ADD COLUMN page VARCHAR(80) NOT NULL DEFAULT '/' FIRST",
    )
    .await;
    ground.change(|plan| plan + &waiver("data.check.estate", "shop.visits"));
    let lines = ground.succeed(&UNTIL).await;
    let estate = evidence(&lines, "data.check.estate");
    assert_eq!(estate["checks"][0]["report"]["verdict"], "different", "{estate}");
    let products = estate["findings"].as_array().and_then(|findings| {
        findings
            .iter()
            .find(|finding| finding["object"] == "shop.products")
    });
    assert_eq!(
        products.map(|found| &found["waived"]["reason"]),
        Some(&Value::from("that replica goes")),
        "{estate}"
    );

    report(&ground).await;
}

/// The report tells what was seen: the harmless difference, the waived one, the row.
async fn report(ground: &Ground) {
    let page = ground.folder.path().join("report.html");
    ground
        .succeed(&["report", "--output", &page.to_string_lossy()])
        .await;
    let html = std::fs::read_to_string(&page).expect("the page");
    for words in [
        "shop.transfers.done",
        "waived until 2999-12-31: that replica goes",
        "row (7) has other values",
        "1 different",
        "ADD KEY `done`",
    ] {
        assert!(html.contains(words), "the page says {words}");
    }
    let json = std::fs::read(page.with_extension("json")).expect("beside it");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["schema_check"]["verdict"], "different");
    assert_eq!(
        json["estate_data_check"]["checks"][0]["report"]["tables"][0]["table"]["name"],
        "products"
    );
    assert!(
        json["assessment"]["findings"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        "{}",
        json["assessment"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_no_server_names_is_named_by_the_plan() {
    let estate = EstateOptions::new(ServerKind::Postgres(15)).replicas(1);
    let Some(ground) = ground::lay(estate, AuroraOptions::postgres(17)).await else {
        return;
    };
    ground.found(200).await;
    ground.init(|plan| plan).await;
    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(
        said.contains("could not be told") && said.contains("standby") && said.contains("migration.also"),
        "{said}"
    );
    let standby = ground.estate.replicas[0].address().to_string();
    ground.change(|plan| plan.replace("# also = [\"10.0.0.7:5433\"]", &format!("also = [\"{standby}\"]")));
    let lines = ground.succeed(&UNTIL).await;
    let compared = evidence(&lines, "data.check.estate");
    assert_eq!(compared["checks"][0]["report"]["verdict"], "same", "{compared}");
    assert_eq!(compared["checks"].as_array().map(Vec::len), Some(1), "{compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comparison_of_the_estates_rows_can_be_left_out() {
    let estate = EstateOptions::new(ServerKind::Postgres(15)).replicas(1);
    let Some(ground) = ground::lay(estate, AuroraOptions::postgres(17)).await else {
        return;
    };
    ground.found(200).await;
    ground
        .init(|plan| plan.replace("estate = true", "estate = false"))
        .await;
    let planned = ground.run(&["plan"]).await;
    let printed = String::from_utf8_lossy(&planned.stdout).into_owned();
    assert!(
        printed.contains("the plan leaves it out (`check.estate = false`)"),
        "{printed}"
    );
    let lines = ground.succeed(&UNTIL).await;
    assert_eq!(evidence(&lines, "data.check.estate")["left_out"], true);
}

/// What stood in a log before, and after.
fn log(each: &[(&str, f64)]) -> String {
    let event = |(statement, seconds): &(&str, f64)| {
        format!(
            "# Time: 2026-11-27T08:00:00.000000Z\n# User@Host: app[app] @ web [10.0.0.7]  Id: 5\n\
             # Query_time: {seconds}  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 1\nuse shop;\nSET timestamp=1795766400;\n{statement};\n"
        )
    };
    each.iter().map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_that_remain_stop_a_migration() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    // A run that was begun without limits, and refused, is begun anew with them.
    ground.change(|plan| plan.replace("[source]", "[slow]\ncapture = \"after\"\n\n[source]"));
    let said = refused(&ground, &UNTIL[2..], 2).await;
    assert!(said.contains("sets no limit"), "{said}");
    ground.change(|plan| {
        plan.replace(
            "\"after\"\n",
            "\"after\"\nless_time_percent = 80\nmax_p95_seconds = 2\n",
        )
    });
    let said = refused(&ground, &UNTIL[2..], 2).await;
    assert!(said.contains("slow.baseline"), "{said}");
    ground.change(|plan| plan.replace("\"after\"\n", "\"after\"\nbaseline = \"before\"\n"));
    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(said.contains("daybreak slow capture after FILE"), "{said}");

    for (name, statements) in [
        (
            "before",
            log(&[("SELECT 1 FROM a", 9.0), ("SELECT 1 FROM b", 5.0)]),
        ),
        (
            "after",
            log(&[("SELECT 1 FROM a", 0.1), ("SELECT 1 FROM b", 5.0)]),
        ),
    ] {
        let file = ground.folder.path().join(format!("{name}.log"));
        std::fs::write(&file, statements).expect("written");
        ground
            .succeed(&["slow", "capture", name, &file.to_string_lossy()])
            .await;
    }
    let said = refused(&ground, &UNTIL[2..], 1).await;
    assert!(
        said.contains("slow.p95 of") && said.contains("select ? from b") && !said.contains("select ? from a"),
        "{said}"
    );
    assert!(
        said.contains("slow.time of all classes") && said.contains("took 14.0 s before"),
        "{said}"
    );
    let checked = ground.run(&["--format", "json", "slow", "check"]).await;
    assert_eq!(checked.status.code(), Some(3));
    let found: Vec<Value> = serde_json::from_slice(&checked.stdout).expect("JSON");
    let class = found[0]["object"].as_str().expect("an id").to_owned();
    ground.change(|plan| plan + &waiver("slow.p95", &class) + &waiver("slow.time", "all classes"));
    let lines = ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "slow.check"])
        .await;
    let waived = &evidence(&lines, "slow.check")["findings"];
    assert_eq!(waived[0]["waived"]["reason"], "that replica goes", "{waived}");
    let page = ground.folder.path().join("report.html");
    ground
        .succeed(&["report", "--output", &page.to_string_lossy()])
        .await;
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(
        html.contains("What the servers are asked") && html.contains("<rect") && html.contains(&class),
        "{html}"
    );
    let checked = ground.run(&["slow", "check"]).await;
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        checked.status.success() && told.contains("as the plan wants it"),
        "{told}"
    );
}

/// With `check.audit` an open hole ends a migration before anything is changed, until it is mended or waived.
#[tokio::test(flavor = "multi_thread")]
async fn a_hole_stops_a_migration() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(50).await;
    ground
        .init(|plan| plan.replace("[check]\n", "[check]\naudit = true\n"))
        .await;
    // What the sandbox's own servers have is accepted.
    let audited = ground.run(&["--format", "json", "audit"]).await;
    let found: Vec<Value> = serde_json::from_slice(&audited.stdout).expect("JSON");
    let mut open: Vec<(&str, &str)> = found
        .iter()
        .filter(|finding| finding["severity"] == "blocks")
        .filter_map(|finding| Some((finding["id"].as_str()?, finding["object"].as_str()?)))
        .collect();
    open.sort_unstable();
    open.dedup();
    let waivers: String = open.iter().map(|(id, object)| waiver(id, object)).collect();
    ground.change(|plan| plan + &waivers + "\n# audited\n");
    let run = ["--format", "json", "run", "--yes", "--until", "audit"];
    let primary = &ground.estate.primary;
    let hole = "CREATE USER ''@'127.0.0.9' IDENTIFIED BY 'Wx-73-long'";
    primary.rows(hole).await.expect("a hole");
    let said = refused(&ground, &run[2..], 1).await;
    assert!(
        said.contains("the audit found open holes: mysql.account.anonymous")
            && said.contains("`daybreak audit`"),
        "{said}"
    );
    primary.rows("DROP USER ''@'127.0.0.9'").await.expect("mended");
    let lines = ground.succeed(&run).await;
    assert!(evidence(&lines, "audit")["findings"].is_array(), "{lines:?}");
}
