//! `daybreak slow` on logs that real servers wrote, and beside pt-query-digest on statements of every odd kind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, available};
use serde_json::Value;
use tokio::process::Command;

use crate::looking::{Looking, list, log_of, logging, run};

/// Runs the program in a folder; its JSON.
async fn slow(folder: &Path, arguments: &[&str], status: i32) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
    command
        .current_dir(folder)
        .args(["--format", "json", "slow"])
        .args(arguments);
    let output = command.output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// A log once this stands in it so many times: a server writes an event after it has answered.
async fn written(log: &Path, text: &str, times: usize) -> Vec<u8> {
    for _ in 0..200 {
        let bytes = std::fs::read(log).expect("read");
        let found = String::from_utf8_lossy(&bytes).matches(text).count();
        if found >= times && bytes.ends_with(b";\n") {
            return bytes;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{text} is not {times} times in {}", log.display());
}

/// A planted slow statement is found in the log of a real server, and is gone when it is.
async fn planted(kind: ServerKind) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let options = logging(EstateOptions::new(kind));
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    run(&estate.primary, "shop", "CREATE TABLE stock (id INT PRIMARY KEY, note VARCHAR(40)); INSERT INTO stock VALUES (1, 'it''s; # -- \\n'), (2, 'b')").await;
    let ask = async |statement: &str| {
        let asked = estate.primary.rows_as(&estate.app, "shop", statement).await;
        asked.unwrap_or_else(|error| panic!("{statement}: {error}"));
    };
    for number in 0..10 {
        ask(&format!(
            "SELECT note FROM stock WHERE id = {number} AND note <> 'its;\n-- {number}'"
        ))
        .await;
    }
    for number in 1..=2 {
        ask(&format!(
            "SELECT id, SLEEP(0.15) FROM stock WHERE id IN (1, {number}, 7)"
        ))
        .await;
    }
    let log = log_of(&estate.primary);
    let before = folder.path().join("before.log");
    std::fs::write(&before, written(&log, "SLEEP(0.15)", 2).await).expect("copied");
    let report = slow(folder.path(), &["before.log", "--user", estate.app.name()], 0).await;
    let classes = list(&report, "classes");
    let worst = &classes[0];
    let fingerprint = "select id, sleep(?) from stock where id in(?+)";
    assert_eq!(worst["fingerprint"], fingerprint, "{kind}: {report}");
    assert_eq!(
        (
            &worst["count"],
            &worst["tables"][0],
            &worst["databases"][0]["name"]
        ),
        (&2.into(), &"stock".into(), &"shop".into()),
        "{worst}"
    );
    // One of them met one row and the other two.
    let total = worst["time_s"]["total"].as_f64().unwrap_or(0.0);
    assert!((0.45..5.0).contains(&total), "{worst}");
    assert_eq!(worst["rows_sent"], 3, "{worst}");
    let quick = classes
        .iter()
        .find(|class| class["fingerprint"] == "select note from stock where id = ? and note <> ?");
    assert_eq!(quick.map(|class| &class["count"]), Some(&10.into()), "{report}");

    slow(folder.path(), &["capture", "before", "before.log"], 0).await;
    ask("SELECT id FROM stock WHERE id IN (1, 2, 7)").await;
    let whole = written(&log, "SELECT id FROM stock", 1).await;
    std::fs::write(
        folder.path().join("after.log"),
        &whole[std::fs::metadata(&before).expect("told").len() as usize..],
    )
    .expect("written");
    slow(folder.path(), &["capture", "after", "after.log"], 0).await;
    let changes = slow(folder.path(), &["diff", "before", "after"], 3).await;
    let became = |fingerprint: &str| {
        let all = changes.as_array().expect("a list");
        let found = all.iter().find(|change| change["fingerprint"] == fingerprint);
        found.map(|change| change["became"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(became(fingerprint).as_deref(), Some("gone"), "{changes}");
    assert_eq!(
        became("select id from stock where id in(?+)").as_deref(),
        Some("new"),
        "{changes}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_is_found_in_a_log_of_mysql() {
    planted(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_is_found_in_a_log_of_mysql_56() {
    planted(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_is_found_in_a_log_of_mariadb() {
    planted(ServerKind::MariaDb1011).await;
}

/// Parts from which statements are put together: everything that the rules of a fingerprint look at, whole and broken.
const PARTS: [&str; 62] = [
    "select",
    "from",
    "where",
    "and",
    "in",
    "values",
    "value",
    "union",
    "union all",
    "limit",
    "order by",
    "asc",
    "desc",
    "null",
    "true",
    "FALSE",
    "t1",
    "tab12",
    "a.b",
    "x",
    "b",
    "0x1F",
    "x'4d'",
    "\"dq's\"",
    "'it\\'s'",
    "'a''b'",
    "'open",
    "`q`",
    "-- c\n",
    "# note\n",
    "/* c */",
    "/**/",
    "/*! hint */",
    "(",
    ")",
    ",",
    "(1,2)",
    "('a', NULL)",
    "1",
    "-1",
    "1e5",
    ".5",
    "abc123def",
    "--",
    "+",
    "?",
    "\t",
    "  ",
    "\n",
    "insert into t values (1),(2)",
    "call p(1)",
    "set",
    "=",
    "é",
    "\\",
    "1-1",
    "_1",
    "in(1,2)",
    "IN (1 , 2),(3)",
    "select 1 union select 1",
    "limit 5, 10",
    "LIMIT 5 offset 10",
];

fn corpus(events: u64) -> String {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let mut log = String::from(
        "/usr/sbin/mysqld, Version: 8.0.36 (Source). started with:\nTcp port: 3306  Unix socket: s\nTime                 Id Command    Argument\n",
    );
    for number in 0..events {
        let parts: Vec<&str> = (0..=next(12)).map(|_| PARTS[next(PARTS.len())]).collect();
        let mut statement = parts.join(" ").trim().to_owned();
        if statement.is_empty() || statement.starts_with('#') {
            statement.insert_str(0, "select ");
        }
        let (second, user) = (number % 60, number % 3);
        log += &format!(
            "# Time: 2026-11-26T09:00:{second:02}.000000Z\n# User@Host: u{user}[u] @ h [10.0.0.1]  Id: {number}\n\
             # Query_time: 0.{:06}  Lock_time: 0.000010 Rows_sent: {}  Rows_examined: {}\n",
            next(1_000_000),
            next(9),
            next(999)
        );
        if next(4) == 0 {
            log += "use shop;\n";
        }
        log += &format!("SET timestamp={};\n", 1_795_683_600 + number);
        log += &match next(50) {
            0 => "# administrator command: Ping;\n".to_owned(),
            _ => format!("{statement};\n"),
        };
    }
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_and_sums_are_those_of_pt_query_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("corpus.log");
    std::fs::write(&log, corpus(3000)).expect("written");
    let mut peer = Command::new("pt-query-digest");
    peer.args(["--no-version-check", "--limit=100%", "--output=json"])
        .arg(&log)
        .stdin(Stdio::null());
    let Ok(output) = peer.output().await else {
        eprintln!("skipped: pt-query-digest is not installed here");
        return;
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    let json = printed.find('{').map(|at| &printed[at..]).unwrap_or_default();
    let theirs: Value = serde_json::from_str(json).expect("JSON");
    let ours = slow(folder.path(), &["corpus.log", "--top", "0"], 0).await;
    let number = |value: &Value| {
        value
            .as_f64()
            .or_else(|| value.as_str()?.parse().ok())
            .unwrap_or(-1.0)
    };
    let told: BTreeMap<&str, (u64, f64, f64)> = list(&ours, "classes")
        .iter()
        .map(|class| {
            let sums = (
                class["count"].as_u64().unwrap_or(0),
                number(&class["time_s"]["total"]),
                number(&class["rows_examined"]),
            );
            (class["id"].as_str().unwrap_or_default(), sums)
        })
        .collect();
    let classes = list(&theirs, "classes");
    assert_eq!(told.len(), classes.len());
    for class in classes {
        let Some((count, time, examined)) = told.get(class["checksum"].as_str().unwrap_or_default()) else {
            panic!("no class {} of {}", class["fingerprint"], class["example"]);
        };
        assert_eq!(Some(*count), class["query_count"].as_u64(), "{class}");
        let metrics = &class["metrics"];
        assert!(
            (time - number(&metrics["Query_time"]["sum"])).abs() < 1e-5 * *count as f64,
            "{class}"
        );
        // Of commands it tells no rows.
        let has_rows = class["fingerprint"] != "administrator command: Ping";
        assert!(
            !has_rows || (examined - number(&metrics["Rows_examined"]["sum"])).abs() < 0.5,
            "{class}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_is_told_of_until_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("slow.log");
    std::fs::write(&log, "").expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
    command
        .current_dir(folder.path())
        .args(["--format", "json", "slow", "slow.log", "--follow", "1"]);
    let mut child = command
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stdout.take().expect("piped")));
    let told = async {
        loop {
            // Written anew until it is seen: the program may not have opened the file yet.
            let mut file = std::fs::OpenOptions::new()
                .append(true)
                .open(&log)
                .expect("opened");
            std::io::Write::write_all(&mut file, corpus(20).as_bytes()).expect("written");
            if let Ok(line) = tokio::time::timeout(Duration::from_secs(2), lines.next_line()).await {
                return line.expect("read").expect("a line");
            }
        }
    };
    let line = tokio::time::timeout(Duration::from_secs(60), told)
        .await
        .expect("it tells");
    let report: Value = serde_json::from_str(&line).expect("JSON");
    assert!(report["statements"].as_u64().unwrap_or(0) >= 19, "{report}");
    child.kill().await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, status) in [
        (&["none.log"][..], 1),
        (&[], 2),
        (&["--min-time", "-1", "x"], 2),
        (&["capture", "../x", "none.log"], 1),
        (&["diff", "a", "b"], 2),
    ] {
        slow(folder.path(), arguments, status).await;
    }
}

/// What a server of PostgreSQL logs in three formats at once comes to the same classes, the same counts, and what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn the_three_logs_of_postgresql() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let options = EstateOptions::new(ServerKind::Postgres(17))
        .setting("logging_collector", "on")
        .setting("log_destination", "stderr,csvlog,jsonlog")
        .setting("log_directory", "statements")
        .setting("log_filename", "all")
        .setting("log_line_prefix", "%m [%p] %q%u@%d %r ")
        .setting("log_min_duration_statement", "0");
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    run(
        &estate.primary,
        "shop",
        "CREATE TABLE public.stock (id int PRIMARY KEY, note text); GRANT ALL ON public.stock TO PUBLIC",
    )
    .await;
    let ask = async |statement: &str| estate.primary.rows_as(&estate.app, "shop", statement).await;
    for number in 0..7 {
        let odd = format!(
            "SELECT note FROM public.stock WHERE id = {number} AND note <> 'it''s:  ; -- \n\t\"{number}'"
        );
        ask(&odd).await.expect("asked");
    }
    for _ in 0..2 {
        ask("SELECT pg_sleep(0.15), $q$a, LOG:  b$q$")
            .await
            .expect("asked");
        ask("SELECT * FROM nothing_there")
            .await
            .expect_err("no such table");
    }
    ask("SELECT 'the end'").await.expect("asked");
    let logs = estate.primary.data_dir().join("statements");
    let mut told: Vec<BTreeMap<String, (u64, u64)>> = Vec::new();
    for (name, end) in [
        ("all", "'the end'"),
        ("all.csv", "'the end'"),
        ("all.json", "'the end'"),
    ] {
        let path = logs.join(name);
        for _ in 0..200 {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if text.contains(end) && text.ends_with('\n') {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let path = path.to_str().expect("UTF-8");
        let report = slow(
            folder.path(),
            &[
                path,
                "--user",
                estate.app.name(),
                "--database",
                "shop",
                "--top",
                "0",
            ],
            0,
        )
        .await;
        let classes = list(&report, "classes");
        let slowest = &classes[0];
        assert_eq!(slowest["fingerprint"], "select pg_sleep(?), ?", "{report}");
        assert_eq!(slowest["count"], 2, "{report}");
        let seconds = slowest["time_s"]["total"].as_f64().expect("seconds");
        assert!(seconds >= 0.3, "{slowest}");
        let of = |class: &Value| {
            let fingerprint = class["fingerprint"].as_str().unwrap_or_default().to_owned();
            (
                fingerprint,
                (
                    class["count"].as_u64().unwrap_or(0),
                    class["errors"].as_u64().unwrap_or(0),
                ),
            )
        };
        told.push(classes.iter().map(of).collect());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
    assert_eq!(
        told[0]["select note from public.stock where id = ? and note <> ?"],
        (7, 0),
        "{told:?}"
    );
    assert_eq!(told[0]["select * from nothing_there"], (2, 2), "{told:?}");
}

/// What servers have counted comes to the classes of their logs, replicas included.
async fn counted(kind: ServerKind) {
    let looking = Looking::new();
    let mut options = EstateOptions::new(kind).replicas(1);
    let postgres = matches!(kind, ServerKind::Postgres(_));
    if postgres {
        options = options.setting("shared_preload_libraries", "pg_stat_statements");
    }
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let login = looking.account(&estate, &["slow"], &[], "counter").await;
    let also = estate.replicas[0].address().to_string();
    if postgres {
        // Nobody counts yet.
        let refused = looking.run(&estate.primary, &login, &["slow", "--live"]).await;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            refused.status.code() == Some(1) && said.contains("CREATE EXTENSION pg_stat_statements"),
            "{said}"
        );
        run(&estate.primary, "shop", "CREATE EXTENSION pg_stat_statements; CREATE TABLE public.stock (id int PRIMARY KEY); GRANT ALL ON public.stock TO PUBLIC").await;
    } else {
        run(
            &estate.primary,
            "shop",
            "CREATE TABLE stock (id INT PRIMARY KEY); INSERT INTO stock VALUES (1)",
        )
        .await;
    }
    let there = "SELECT COUNT(*) FROM stock";
    for _ in 0..200 {
        if estate.replicas[0].rows_in("shop", there).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sleep = if postgres { "pg_sleep(0.2)" } else { "SLEEP(0.2)" };
    for server in [&estate.primary, &estate.replicas[0]] {
        for number in 1..=2 {
            let slow = format!("SELECT {sleep}, id FROM stock WHERE id IN ({number}, 7) OR id > 0 LIMIT 1");
            server.rows_in("shop", &slow).await.expect("asked");
        }
    }
    let report = looking
        .json(
            &estate.primary,
            &login,
            &["slow", "--live", "--top", "0", "--also", &also],
            0,
        )
        .await;
    let classes = list(&report, "classes");
    let slow = classes.iter().find(|class| {
        class["sample"]
            .as_str()
            .is_some_and(|text| text.to_lowercase().contains("sleep"))
    });
    let slow = slow.unwrap_or_else(|| panic!("no such class in {report}"));
    assert_eq!(slow["count"], 4, "{slow}");
    assert_eq!(list(slow, "servers").len(), 2, "{slow}");
    // The table of PostgreSQL is empty: it sleeps for no row.
    if !postgres {
        assert!(
            slow["time_s"]["max"].as_f64().is_some_and(|max| max >= 0.2),
            "{slow}"
        );
    }
    // Of a sample the class is that of a log.
    if kind == ServerKind::Mysql97 {
        assert_eq!(
            slow["fingerprint"], "select sleep(?), id from stock where id in(?+) or id > ? limit ?",
            "{slow}"
        );
        assert!(
            slow["time_s"]["p95"].as_f64().is_some_and(|p95| p95 >= 0.19),
            "{slow}"
        );
    }
    if postgres {
        assert_eq!(
            slow["fingerprint"], "select pg_sleep(?), id from stock where id in(?+) or id > ? limit ?",
            "{slow}"
        );
        assert!(
            slow["time_s"]["p95"].is_null() && slow["time_s"]["stddev"].is_number(),
            "{slow}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mysql_has_counted() {
    counted(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mariadb_has_counted() {
    counted(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgresql_has_counted() {
    counted(ServerKind::Postgres(17)).await;
}

/// Transactions and repeats, in logs that servers wrote while two sessions spoke by turns.
async fn sequences(kind: ServerKind) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let postgres = matches!(kind, ServerKind::Postgres(_));
    let options = logging(EstateOptions::new(kind));
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let stock = "CREATE TABLE stock (id INT PRIMARY KEY); CREATE TABLE sold (id INT PRIMARY KEY)";
    run(&estate.primary, "shop", stock).await;
    if postgres {
        run(
            &estate.primary,
            "shop",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC",
        )
        .await;
    }
    let name = match kind {
        ServerKind::Postgres(_) => "psql",
        ServerKind::MariaDb1011 => "mariadb",
        _ => "mysql",
    };
    let Some(program) = available(sandbox.program(kind, name).await) else {
        return;
    };
    let (mut one, mut other) = (String::new(), String::new());
    for number in 0..3 {
        one += "BEGIN;\n";
        other += &format!("SELECT id FROM sold WHERE id = {number};\n");
        for line in 0..4 {
            one += &format!("SELECT id FROM stock WHERE id = {line};\n");
            other += &format!("SELECT id FROM sold WHERE id = {line};\n");
        }
        one += &format!("INSERT INTO sold VALUES ({number});\nCOMMIT;\n");
    }
    let say = async |script: String| {
        let mut client = Command::new(&program);
        if postgres {
            client
                .args(["--no-psqlrc", "--quiet"])
                .arg(estate.primary.url(&estate.app, "shop"));
        } else {
            client
                .args(["--no-defaults", "--socket"])
                .arg(estate.primary.socket())
                .args(["--user", estate.app.name(), "shop"])
                .env("MYSQL_PWD", estate.app.password());
        }
        let mut client = client
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a client");
        let mut stdin = client.stdin.take().expect("piped");
        tokio::io::AsyncWriteExt::write_all(&mut stdin, script.as_bytes())
            .await
            .expect("said");
        drop(stdin);
        assert!(client.wait().await.expect("it ends").success());
    };
    tokio::join!(say(one), say(other));
    say("SELECT 'the end';\n".to_owned()).await;
    let log = log_of(&estate.primary);
    for _ in 0..200 {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        if text.contains("'the end'") && text.ends_with('\n') {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "--transactions",
        "--top",
        "0",
        "--user",
        estate.app.name(),
        log.to_str().expect("UTF-8"),
    ];
    let report = slow(folder.path(), &arguments, 0).await;
    let class = |of: &str| {
        let found = list(&report, "classes").iter().find(|class| {
            let fingerprint = class["fingerprint"].as_str().unwrap_or_default();
            fingerprint.starts_with(of)
        });
        found.unwrap_or_else(|| panic!("no class {of} in {report}"))
    };
    let stock = class("select id from stock where id = ?");
    let wanted = serde_json::json!({"transactions": 3, "statements": 12, "repeated": 9, "most": 4});
    assert_eq!(stock["in_transactions"], wanted, "{stock}");
    let sold = class("select id from sold where id = ?");
    let wanted = serde_json::json!({"transactions": 0, "statements": 0, "repeated": 14, "most": 15});
    assert_eq!(sold["in_transactions"], wanted, "{sold}");
    let insert = class("insert into sold");
    let transaction = &report["transactions"][0];
    assert_eq!(
        (&transaction["count"], &transaction["statements_max"]),
        (&3.into(), &5.into()),
        "{report}"
    );
    let classes = list(transaction, "classes");
    assert!(
        classes.len() == 2 && classes.contains(&stock["id"]) && classes.contains(&insert["id"]),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_a_log_of_mysql() {
    sequences(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_a_log_of_mariadb() {
    sequences(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_a_log_of_postgresql() {
    sequences(ServerKind::Postgres(17)).await;
}
