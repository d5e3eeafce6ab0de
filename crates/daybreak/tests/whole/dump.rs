//! Loads through files: killed again and again on the way out and on the way in they end verified, the whole migration goes on from
//! them while an application writes, and files that were changed are refused.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, AwsStandIn, Engine, EstateOptions, Refusal, ServerKind, available};
use rand::Rng;
use serde_json::Value;
use tokio::process::Command;

use crate::every_type::{self, made};
use crate::ground::{self, Ground};

/// Rows in a file, so that there are many.
const RANGE_ROWS: u32 = 1_000;

/// The plan loads through files, many of them.
fn through_files(plan: &str, to: &str, more: &str) -> String {
    let small = plan
        .replace("range_rows = 200000", &format!("range_rows = {RANGE_ROWS}"))
        .replace("workers = 4", "workers = 2\nmethod = \"dump\"");
    small.replace(
        "\n[check]\n",
        &format!("\n[load.dump]\nto = \"{to}\"\n{more}\n[check]\n"),
    )
}

/// A table of so many rows, and one without a key.
pub(crate) async fn fill(ground: &Ground, rows: u32) {
    let database = &ground.estate.database;
    let statements = match ground.estate.primary.kind().engine() {
        Engine::Mysql => {
            let numbers =
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS) SELECT";
            let numbers = numbers.replace("ROWS", &rows.to_string());
            vec![
                "SET SESSION cte_max_recursion_depth = 1000000".to_owned(),
                format!(
                    "CREATE TABLE {database}.big (id INT PRIMARY KEY, note VARCHAR(200), at DATETIME(6), raw VARBINARY(32))"
                ),
                format!(
                    "INSERT INTO {database}.big {numbers} i, REPEAT(CONCAT('row\\t', i, '\\n'), 8), NOW(6), UNHEX(SHA2(i, 256)) FROM n"
                ),
                format!("CREATE TABLE {database}.keyless (a INT, b VARCHAR(20))"),
                format!("INSERT INTO {database}.keyless {numbers} i % 10, 'x' FROM n WHERE i < 500"),
            ]
        }
        Engine::Postgres => vec![
            "CREATE TABLE big (id integer PRIMARY KEY, note text, at timestamptz, raw bytea)".to_owned(),
            format!(
                "INSERT INTO big SELECT i, repeat(E'row\\t' || i || E'\\n', 8), now(), sha256(i::text::bytea) \
                 FROM generate_series(1, {rows}) AS i"
            ),
            "CREATE TYPE mood AS ENUM ('good', 'bad')".to_owned(),
            "CREATE TABLE keyless (a integer, b mood)".to_owned(),
            "INSERT INTO keyless SELECT i % 10, 'good' FROM generate_series(1, 500) AS i".to_owned(),
            "ANALYZE".to_owned(),
        ],
    };
    // One session: what the first sets, the others need.
    let together = statements.join("; ");
    let login = &ground.estate.admin;
    ground
        .estate
        .primary
        .rows_as(login, database, &together)
        .await
        .expect("filled");
    if ground.estate.primary.kind().engine() == Engine::Mysql {
        let analyze = format!("ANALYZE TABLE {database}.big, {database}.keyless");
        ground.estate.primary.rows(&analyze).await.expect("analysed");
    }
}

/// Files of rows in a folder.
fn files(folder: &Path) -> usize {
    let mut count = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                folders.push(path);
            } else if name.to_string_lossy().starts_with('0') && !name.to_string_lossy().contains('#') {
                count += 1;
            }
        }
    }
    count
}

/// Runs a command and kills it once `reached` holds; false where it ended before.
pub(crate) async fn kill_when(mut command: Command, reached: impl AsyncFn() -> bool) -> bool {
    let mut child = command
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(120), "it gets there");
        if child.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        if reached().await {
            child.kill().await.expect("killed");
            return true;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Rows of the large table on the target.
pub(crate) async fn arrived(ground: &Ground) -> u64 {
    let table = match ground.estate.primary.kind().engine() {
        Engine::Mysql => format!("{}.big", ground.estate.database),
        Engine::Postgres => "big".to_owned(),
    };
    let count = format!("SELECT count(*) FROM {table}");
    let login = &ground.cluster.admin;
    let rows = ground
        .cluster
        .writer()
        .rows_as(login, &ground.estate.database, &count)
        .await;
    let first = rows.ok().and_then(|rows| rows.first()?.first()?.clone());
    first.and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn only(lines: &[Value]) -> &Value {
    let [report] = lines else {
        panic!("one report: {lines:?}");
    };
    report
}

/// A dump that cannot write its files fails, and the source keeps no log for it.
async fn fails_and_keeps_no_log(ground: &Ground, out: &[&str], folder: &Path) {
    std::fs::remove_dir_all(folder.join("rows")).expect("removed");
    std::fs::write(folder.join("rows"), "in the way").expect("written");
    let output = ground.run(out).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("rows/"), "{said}");
    std::fs::remove_file(folder.join("rows")).expect("removed");
    if ground.estate.primary.kind().engine() == Engine::Postgres {
        let slots = ground
            .estate
            .primary
            .rows("SELECT slot_name FROM pg_replication_slots")
            .await;
        assert_eq!(slots.expect("slots").len(), 0, "nothing keeps the source's log");
    }
}

/// Killed twice on the way out and twice on the way in; then the whole migration.
async fn killed_both_ways(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(2_000).await;
    fill(&ground, 40_000).await;
    let folder: PathBuf = ground.folder.path().join("night");
    ground
        .init(|plan| {
            through_files(
                &plan.replace("gtid = true", &format!("gtid = {gtid}")),
                "night",
                "",
            )
        })
        .await;
    let shown = ground.succeed(&["--format", "json", "load"]).await;
    let shown = only(&shown);
    assert_eq!(
        (shown["executed"].as_bool(), shown["method"].as_str()),
        (Some(false), Some("dump"))
    );
    assert!(shown["estimate"]["tables"].as_u64() > Some(3), "{shown}");
    assert!(!folder.exists(), "looking makes nothing");

    let out = ["--format", "json", "load", "--only", "dump", "--execute"];
    let mut killed = 0;
    for from in [2, 20] {
        let wanted = rand::rng().random_range(from..from + 12);
        let there = async || files(&folder) >= wanted;
        killed += usize::from(kill_when(ground.daybreak(&out), there).await);
        if from == 2 {
            fails_and_keeps_no_log(&ground, &out, &folder).await;
        }
    }
    assert_eq!(killed, 2, "it was killed on the way out");
    let refused = ground.run(&["load", "--only", "load", "--execute"]).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("no whole dump"),
        "{said}"
    );
    let dumped = ground.succeed(&out).await;
    let dumped = &only(&dumped)["dumped"];
    assert!(dumped["ranges_kept"].as_u64() > Some(0), "{dumped}");
    assert!(dumped["rows"].as_u64() > Some(40_000), "{dumped}");
    assert_eq!(
        dumped["files"].as_u64(),
        Some(files(&folder) as u64),
        "nothing is left over"
    );

    let again = [
        "--format",
        "json",
        "load",
        "--only",
        "dump",
        "--again",
        "--execute",
    ];
    let again = ground.succeed(&again).await;
    let (first, dumped) = (dumped, &only(&again)["dumped"]);
    assert_eq!(dumped["rows"], first["rows"], "nobody wrote meanwhile");
    assert_eq!(dumped["files"], first["files"]);
    let kept = dumped["ranges_kept"].as_u64();
    assert!(
        kept >= first["files"].as_u64(),
        "what is the same stays: {dumped}"
    );

    let bring = ["--format", "json", "load", "--only", "load", "--execute"];
    let mut killed = 0;
    for from in [1, 20_000] {
        let wanted = rand::rng().random_range(from..from + 10_000);
        let there = async || arrived(&ground).await >= wanted;
        killed += usize::from(kill_when(ground.daybreak(&bring), there).await);
    }
    assert_eq!(killed, 2, "it was killed on the way in");
    let loaded = ground.succeed(&bring).await;
    let loaded = &only(&loaded)["loaded"];
    assert!(loaded["ranges_kept"].as_u64() > Some(0), "{loaded}");
    assert_eq!(loaded["position"], dumped["position"]);

    // The runbook takes it over, and goes on from there while the application writes.
    ground.start_gate().await;
    let bank = ground.open_bank(4);
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(ground.writable().await, [false, true]);
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
    let refused = ground.run(&bring).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("may have been written since"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_killed_both_ways() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    killed_both_ways(estate, AuroraOptions::mysql().gtid(true), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_both_ways() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    killed_both_ways(estate, AuroraOptions::postgres(17), false).await;
}

/// What is not as it was written is refused by name, before and after it was begun; what is somebody else's, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_or_not_ours_is_refused() {
    let estate = EstateOptions::new(ServerKind::Mysql97);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql()).await else {
        return;
    };
    ground.found(100).await;
    fill(&ground, 3_000).await;
    ground
        .init(|plan| through_files(&plan, "night", "packing = \"none\""))
        .await;
    let refused = async |arguments: &[&str], words: &str| {
        let output = ground.run(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(words) && said.contains("hint:"),
            "{words}: {said}"
        );
    };
    let folder = ground.folder.path().join("night");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("holiday.jpg"), "x").expect("a file");
    let out = ["load", "--only", "dump", "--execute"];
    refused(&out, "is not empty: it holds holiday.jpg").await;
    std::fs::remove_file(folder.join("holiday.jpg")).expect("removed");
    refused(
        &["load", "--method", "direct", "--to", "x", "--execute"],
        "are of `--method dump`",
    )
    .await;
    ground.succeed(&out).await;
    refused(&out, "has been whole since").await;
    // Nor does `--again` touch what another plan made.
    let manifest = std::fs::read(folder.join("manifest.json")).expect("a manifest");
    let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
    ground.change(|plan| plan.replace("name = \"test\"", "name = \"other\""));
    refused(
        &["load", "--only", "dump", "--again", "--execute"],
        "which is not this plan's",
    )
    .await;
    std::fs::write(ground.plan(), plan).expect("the plan");
    let after = std::fs::read(folder.join("manifest.json")).expect("a manifest");
    assert!(manifest == after, "it is as it was");

    // A file that was changed is named, and nothing of it stays.
    let big = std::fs::read_dir(folder.join("rows")).expect("rows").flatten();
    let big = big
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains(".big-"));
    let big = big.expect("a folder of the large table");
    let file = std::fs::read_dir(&big)
        .expect("files")
        .flatten()
        .map(|entry| entry.path());
    let file = file
        .filter(|path| path.extension().is_some_and(|kind| kind == "tsv"))
        .max()
        .expect("a file");
    let whole = std::fs::read(&file).expect("rows");
    let mut changed = whole.clone();
    let digit = changed.iter().rposition(u8::is_ascii_digit).expect("a digit");
    changed[digit] = if changed[digit] == b'7' { b'8' } else { b'7' };
    std::fs::write(&file, &changed).expect("written");
    let bring = ["load", "--only", "load", "--execute"];
    refused(&bring, "its SHA-256 is not the one in its table's list").await;
    std::fs::write(&file, &whole).expect("written");
    ground.succeed(&bring).await;

    // Another table of the same name is no part of the same load, nor are rows that somebody changed on the way taken for ours.
    let login = &ground.cluster.admin;
    let database = &ground.estate.database;
    let writer = ground.cluster.writer();
    writer
        .rows_as(login, database, "UPDATE big SET note = 'other' WHERE id = 7")
        .await
        .expect("changed");
    let again = ground
        .succeed(&["--format", "json", "load", "--only", "load", "--execute"])
        .await;
    let loaded = &only(&again)["loaded"];
    assert!(
        loaded["rows"].as_u64() > Some(0),
        "the range was written again: {loaded}"
    );
    let list = big.join("files.json");
    let text = std::fs::read_to_string(&list).expect("a list");
    std::fs::write(&list, format!("{text} ")).expect("written");
    refused(&bring, "its SHA-256 is not the one in the manifest").await;
    std::fs::write(&list, &text).expect("written");
    std::fs::remove_file(ground.folder.path().join(".daybreak/loading.json"))
        .expect("what was written down is gone");
    refused(&bring, "the target is not empty").await;
    refused(&bring, "the target is not empty").await;
}

/// Tables of every type, beside the bank's.
async fn found_every_type(ground: &Ground) {
    let (primary, login) = (&ground.estate.primary, &ground.estate.admin);
    ground.found(100).await;
    let database = &ground.estate.database;
    let statements = match primary.kind().engine() {
        Engine::Mysql => {
            primary.rows("CREATE DATABASE kinds").await.expect("a database");
            let every = include_str!("../../../engine/tests/mysql/every_type.sql");
            let types = made(every_type::mysql::TYPES) + &made(every_type::mysql::OF_MYSQL);
            format!("USE kinds; {}{types}{every}", every_type::mysql::SESSION)
        }
        Engine::Postgres => {
            let types = made(every_type::postgres::TYPES);
            format!(
                "CREATE EXTENSION hstore SCHEMA public; CREATE SCHEMA kinds; SET search_path = kinds, public; {}{types}",
                every_type::postgres::OWN
            )
        }
    };
    primary
        .rows_as(login, database, &statements)
        .await
        .expect("tables of every type");
}

/// Through a bucket of S3, broken off once on the way out by AWS itself, and killed twice on each way.
async fn through_s3(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(ground) = ground::lay(estate, cluster).await else {
        return;
    };
    let Some(aws) = available(AwsStandIn::start(&ground.sandbox).await) else {
        return;
    };
    aws.make_bucket("company-dumps").await.expect("a bucket");
    found_every_type(&ground).await;
    fill(&ground, 40_000).await;
    let settings = format!("region = \"eu-central-1\"\nendpoint_url = \"{}\"", aws.url());
    let plan = |plan: String| through_files(&plan, "s3://company-dumps/night/1", &settings);
    ground
        .init(|text| plan(text.replace("gtid = true", "gtid = false")))
        .await;
    let command = |arguments: &[&str]| {
        let mut command = ground.daybreak(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    };
    let run = async |arguments: &[&str]| {
        let output = command(arguments).output().await.expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("wJalrXUtnFEMI"), "{said}");
        (output, said)
    };
    let out = ["--format", "json", "load", "--only", "dump", "--execute"];
    let denied = |action: &str, times| {
        let refusal = Refusal {
            code: "AccessDenied".to_owned(),
            message: "no".to_owned(),
            status: 403,
            times,
        };
        aws.refuse(action, refusal);
    };
    denied("PutObject", 1);
    let (output, said) = run(&out).await;
    assert!(
        !output.status.success() && said.contains("s3:PutObject"),
        "{said}"
    );
    let mut killed = 0;
    for from in [2, 20] {
        let wanted = rand::rng().random_range(from..from + 12);
        let there = async || {
            let objects = aws.objects("company-dumps").await.expect("objects");
            objects.iter().filter(|key| key.contains("/rows/")).count() >= wanted
        };
        killed += usize::from(kill_when(command(&out), there).await);
    }
    assert_eq!(killed, 2, "it was killed on the way out");
    let (output, said) = run(&out).await;
    assert!(output.status.success(), "{said}");
    let dumped = ground::json_lines(&output);
    let dumped = &only(&dumped)["dumped"];
    assert!(dumped["rows"].as_u64() > Some(40_300), "{dumped}");
    assert!(dumped["ranges_kept"].as_u64() > Some(0), "{dumped}");
    // Aurora imports no packed files: there are no statements that would have it try.
    let objects = aws.objects("company-dumps").await.expect("objects");
    assert!(
        objects.iter().any(|key| key.ends_with(".zst"))
            && !objects.iter().any(|key| key.ends_with("rows.sql")),
        "{objects:?}"
    );
    let bring = ["--format", "json", "load", "--only", "load", "--execute"];
    let mut killed = 0;
    for from in [1, 20_000] {
        let wanted = rand::rng().random_range(from..from + 10_000);
        let there = async || arrived(&ground).await >= wanted;
        killed += usize::from(kill_when(command(&bring), there).await);
    }
    assert_eq!(killed, 2, "it was killed on the way in");
    let (output, said) = run(&bring).await;
    assert!(output.status.success(), "{said}");
    let loaded = ground::json_lines(&output);
    let loaded = &only(&loaded)["loaded"];
    assert!(loaded["ranges_kept"].as_u64() > Some(0), "{loaded}");
    assert_eq!(loaded["position"], dumped["position"]);
    same_on_both(&ground).await;
    let (output, said) = run(&[
        "load",
        "--method",
        "dump",
        "--to",
        "s3://nobodys-bucket/x",
        "--only",
        "dump",
        "--execute",
    ])
    .await;
    assert!(!output.status.success() && said.contains("named right"), "{said}");
}

/// The data check, by an account that is on both sides, finds all rows of every type the same.
async fn same_on_both(ground: &Ground) {
    let (source, target) = (&ground.estate.primary, ground.cluster.writer());
    let mysql = source.kind().engine() == Engine::Mysql;
    for server in [source, target] {
        let statements: &[&str] = if mysql {
            &[
                "CREATE USER judge IDENTIFIED BY 'Judge-1'",
                "GRANT SELECT, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE, SHOW VIEW, TRIGGER, EVENT ON *.* TO judge",
            ]
        } else {
            &["CREATE ROLE judge LOGIN PASSWORD 'Judge-1' IN ROLE pg_read_all_data, pg_monitor"]
        };
        for statement in statements {
            server.rows(statement).await.expect("a judge");
        }
    }
    let authority = ground
        .sandbox
        .certificate_authority()
        .await
        .expect("an authority");
    let scheme = if mysql { "mysql" } else { "postgres" };
    let url = |port| {
        format!(
            "{scheme}://judge@127.0.0.1:{port}/{}?tls=verify&ca={}",
            ground.estate.database,
            authority.display()
        )
    };
    let (from, node) = (url(source.port()), url(target.port()));
    let arguments = [
        "--format",
        "json",
        "data-check",
        "--share",
        "100",
        "--source",
        &from,
        "--node",
        &node,
        "--schema",
        "kinds",
        "--schema",
        "shop",
    ];
    let mut command = ground.daybreak(&arguments);
    let output = command
        .env("DAYBREAK_SOURCE_PASSWORD", "Judge-1")
        .output()
        .await
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    // PostgreSQL's slot waits for its reader, whom this command is not told of.
    assert!(matches!(output.status.code(), Some(0 | 6)), "{said}\n{printed}");
    let report = ground::json_lines(&output).pop().expect("a report");
    assert_eq!(report["nodes"][0]["verdict"], "same", "{report}");
    let tables = report["nodes"][0]["tables"].as_array().map_or(0, Vec::len);
    assert!(tables > 60, "{tables} tables: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_through_s3() {
    through_s3(EstateOptions::new(ServerKind::Mysql97), AuroraOptions::mysql()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_s3() {
    through_s3(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await;
}

/// Files as they are, loaded by the database's own client: by plain `LOAD DATA` or `COPY`.
async fn by_the_client(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(ground) = ground::lay(estate, cluster).await else {
        return;
    };
    found_every_type(&ground).await;
    let plan = |plan: String| through_files(&plan, "it's night", "packing = \"none\"");
    ground
        .init(|text| plan(text.replace("gtid = true", "gtid = false")))
        .await;
    ground.succeed(&["load", "--only", "dump", "--execute"]).await;
    let folder = ground.folder.path().join("it's night");
    let writer = ground.cluster.writer();
    let mysql = writer.kind().engine() == Engine::Mysql;
    let name = if mysql { "mysql" } else { "psql" };
    let Some(program) = available(ground.sandbox.program(writer.kind(), name).await) else {
        return;
    };
    for script in ["before.sql", "rows.sql", "after.sql"] {
        let mut client = tokio::process::Command::new(&program);
        client.current_dir(&folder);
        if mysql {
            client
                .args(["--no-defaults", "--local-infile=1", "--socket"])
                .arg(writer.socket())
                .args(["--user", ground.cluster.admin.name(), "mysql"])
                .env("MYSQL_PWD", ground.cluster.admin.password())
                .stdin(std::fs::File::open(folder.join(script)).expect("a script"));
        } else {
            client
                .args([
                    "--no-psqlrc",
                    "--quiet",
                    "--set=ON_ERROR_STOP=1",
                    "--file",
                    script,
                ])
                .arg(writer.url(&ground.cluster.admin, &ground.estate.database));
        }
        let output = client.output().await.expect("the client runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
    }
    same_on_both(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_by_load_data() {
    by_the_client(EstateOptions::new(ServerKind::Mysql97), AuroraOptions::mysql()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_by_copy() {
    by_the_client(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await;
}
