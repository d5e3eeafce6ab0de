//! One purpose of two is migrated alone on real servers, out, home and out again, while applications write both; then the other one
//! to a server of its own. Nothing of either is lost, and the one that stays never sees an error.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, Engine, Estate, EstateOptions, Server, ServerKind, available};
use serde_json::Value;
use tokio::process::Command;

use crate::ground::{self, Ground};

const PURPOSES: &str = r#"[purposes]
money = ["shop.accounts", "shop.transfers"]
wares = ["shop.products", "shop.orders", "shop.order_lines", 'shop.settings "of" the house', "shop.visits"]
"#;

const VISIT: &str = "INSERT INTO shop.visits (page, seen) VALUES ('/new', '2026-01-01 00:00:00')";
const VISITS: &str = "SELECT COUNT(*) FROM shop.visits WHERE page = '/new'";

/// What ties the two together in the bank's tables, and must be undone before they part.
fn untie(kind: ServerKind) -> &'static str {
    match kind.engine() {
        Engine::Mysql => "ALTER TABLE shop.orders DROP FOREIGN KEY orders_customer",
        Engine::Postgres => "ALTER TABLE shop.orders DROP CONSTRAINT orders_customer_fkey",
    }
}

/// The purpose that stays: an application that writes it directly on the source until it is told to stop. How many rows it wrote.
async fn stays(ground: &Ground, stop: &AtomicBool) -> u64 {
    let (primary, app) = (&ground.estate.primary, &ground.estate.app);
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) {
        if let Err(error) = primary.rows_as(app, &ground.estate.database, VISIT).await {
            panic!("the purpose that stays was refused after {written} rows: {error}");
        }
        written += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    written
}

async fn value(server: &Server, database: &str, question: &str) -> Option<String> {
    let rows = server.rows_in(database, question).await.expect("it answers");
    rows[0][0].clone()
}

/// A source with both purposes, and the plan of one of them.
async fn begin(
    estate: EstateOptions,
    cluster: AuroraOptions,
    change: impl FnOnce(String) -> String,
) -> Option<Ground> {
    let mut ground = ground::lay(estate, cluster).await?;
    ground.found(2_000).await;
    std::fs::write(ground.folder.path().join("purposes.toml"), PURPOSES).expect("a file");
    ground.purpose = Some("money");
    ground.init(change).await;
    Some(ground)
}

/// Undoes what ties the two together.
async fn part(ground: &Ground) {
    let primary = &ground.estate.primary;
    let untied = primary
        .rows_in(&ground.estate.database, untie(primary.kind()))
        .await;
    untied.expect("untied");
}

/// A source with both purposes, a target for one of them, and the gate before that one.
pub(crate) async fn lay(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) -> Option<Ground> {
    let ground = begin(estate, cluster, |plan| {
        plan.replace("gtid = true", &format!("gtid = {gtid}"))
    });
    let mut ground = ground.await?;
    let refused = ground
        .run(&["--format", "json", "run", "--until", "load.copy", "--yes"])
        .await;
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success());
    assert!(
        said.contains("shop.orders") && said.contains("one of the two tables stays"),
        "{said}"
    );
    part(&ground).await;
    ground.start_gate().await;
    Some(ground)
}

async fn alone(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) {
    let Some(ground) = lay(estate, cluster, gtid).await else {
        return;
    };
    let (source, database) = (&ground.estate.primary, &ground.estate.database);
    let stop = AtomicBool::new(false);
    let moves = async {
        let bank = ground.open_bank(8);
        ground.succeed(&["--format", "json", "run", "--yes"]).await;
        assert_eq!(
            ground.writable().await,
            [false, true],
            "money is written on the target alone"
        );
        assert_parted(&ground).await;
        assert_compared(&ground).await;
        ground.succeed(&["--format", "json", "failback", "--yes"]).await;
        assert_eq!(ground.writable().await, [true, false], "and at home again");
        let triggers = match source.kind().engine() {
            Engine::Mysql => {
                "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_NAME LIKE 'daybreak%'"
            }
            Engine::Postgres => "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'daybreak%'",
        };
        let left = value(source, database, triggers).await;
        assert_eq!(left.as_deref(), Some("0"), "no trigger slows writes at home");
        tokio::time::sleep(Duration::from_millis(500)).await;
        ground.succeed(&["--format", "json", "run", "--yes"]).await;
        assert_eq!(ground.writable().await, [false, true], "and out again");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let ledger = bank.close().await;
        ground.assert_books(&ledger).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (written, ()) = tokio::join!(stays(&ground, &stop), moves);
    assert!(written > 20, "{written} rows of the purpose that stays");
    let kept = value(source, database, VISITS).await;
    assert_eq!(kept, Some(written.to_string()), "all that it wrote is there");
}

/// On the target there is what moved, and nothing else.
async fn assert_parted(ground: &Ground) {
    let ask = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' ORDER BY 1";
    let rows = ground.cluster.sql(ask).await.expect("it answers");
    let names: Vec<&str> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!(names, ["accounts", "rich", "transfers"]);
}

async fn assert_compared(ground: &Ground) {
    for check in ["data-check", "schema-check"] {
        let told = ground.succeed(&["--format", "json", check]).await;
        let last: &Value = told.last().expect("a report");
        assert_eq!(last["verdict"], "same", "{check}: {last}");
        let text = last.to_string();
        assert!(!text.contains("visits"), "{check} is of what moved: {text}");
    }
}

/// Both purposes part from the source, each to a server of its own, and come home again. The second has no gate: the fence alone
/// stops its application.
async fn both(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) {
    let Some(ground) = lay(estate.clone(), cluster, gtid).await else {
        return;
    };
    let Some(second) = available(Estate::start(&ground.sandbox, other_id(estate)).await) else {
        return;
    };
    let bank = ground.open_bank(4);
    let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
    ground.succeed(&until).await;
    // While the first is on its way, its target is none of the estate that the second one looks at.
    plan_of_the_second(&ground, &second);
    succeed_second(&ground, &second, &["run", "--yes", "--until", "data.check"]).await;
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    let (source, database) = (&ground.estate.primary, &ground.estate.database);
    let write = async |server: &Server| server.rows_as(&second.admin, database, VISIT).await.is_ok();
    source
        .rows_as(&ground.estate.app, database, VISIT)
        .await
        .expect("it is written at home");
    // A follower that restarts forgets what it is to leave out (MySQL), and meets changes of tables that it does not have.
    second.primary.restart().await.expect("it starts again");
    tokio::time::sleep(Duration::from_secs(2)).await;
    succeed_second(&ground, &second, &["run", "--yes"]).await;
    let refused = source.rows_as(&ground.estate.app, database, VISIT).await;
    let code = refused
        .expect_err("it is fenced at home")
        .code()
        .map(str::to_owned);
    assert!(matches!(code.as_deref(), Some("1290" | "25006")), "{code:?}");
    assert!(write(&second.primary).await, "and written where it went");
    let begun = Instant::now();
    while value(source, database, VISITS).await.as_deref() != Some("2") {
        assert!(begun.elapsed() < Duration::from_secs(20), "that comes back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ground.writable().await, [false, true], "money is where it was");
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert!(write(&second.primary).await, "the other one is not touched");
    succeed_second(&ground, &second, &["failback", "--yes"]).await;
    source
        .rows_as(&ground.estate.app, database, VISIT)
        .await
        .expect("both are at home");
    assert_eq!(value(source, database, VISITS).await.as_deref(), Some("4"));
    assert!(!write(&second.primary).await, "and fenced there");
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
}

/// Servers that replicate from each other need ids of their own.
fn other_id(estate: EstateOptions) -> EstateOptions {
    match estate.kind().engine() {
        Engine::Mysql => estate.setting("server_id", "77"),
        Engine::Postgres => estate,
    }
}

/// The other purpose's plan, beside the first one's.
fn plan_of_the_second(ground: &Ground, second: &Estate) {
    let text = std::fs::read_to_string(ground.plan()).expect("the plan");
    let (ours, theirs) = (ground.cluster.cluster_port(), second.primary.port());
    let text = text
        .replace("purpose = \"money\"", "purpose = \"wares\"")
        .replace(&format!(":{ours}"), &format!(":{theirs}"))
        .replace(
            &format!("//{}@127.0.0.1:{theirs}", ground.cluster.admin.name()),
            &format!("//{}@127.0.0.1:{theirs}", second.admin.name()),
        );
    let gate = text.find("[gate]").expect("a gate");
    let end = text[gate..].find("\n\n").map_or(text.len(), |end| gate + end);
    std::fs::write(
        ground.folder.path().join("wares.toml"),
        [&text[..gate], &text[end..]].concat(),
    )
    .expect("the plan");
}

async fn succeed_second(ground: &Ground, second: &Estate, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_daybreak"))
        .arg("--plan")
        .arg(ground.folder.path().join("wares.toml"))
        .args(["--format", "json"])
        .args(arguments)
        .env("DAYBREAK_SOURCE_PASSWORD", ground.estate.admin.password())
        .env("DAYBREAK_TARGET_PASSWORD", second.admin.password())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("it runs");
    assert!(
        output.status.success(),
        "{arguments:?}: {}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(crate) fn filtered() -> AuroraOptions {
    AuroraOptions::mysql()
        .gtid(true)
        .setting("replicate-do-table", "shop.accounts,shop.transfers")
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_by_gtid() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    alone(estate, filtered(), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_15_to_17() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    alone(estate, AuroraOptions::postgres(17), false).await;
}

/// What cannot go home, and what cannot be followed, moves alone as it moves as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn mysql_5_6_goes_out_alone() {
    let Some(mut ground) = begin(
        EstateOptions::new(ServerKind::Mysql56),
        AuroraOptions::mysql().setting("replicate-do-table", "shop.accounts,shop.transfers"),
        |plan| {
            plan.replace("tls = true", "tls = false")
                .replace("way_back = true", "way_back = false")
        },
    )
    .await
    else {
        return;
    };
    part(&ground).await;
    ground.start_gate().await;
    let stop = AtomicBool::new(false);
    let ground = &ground;
    let moves = async {
        let bank = ground.open_bank(8);
        ground.succeed(&["--format", "json", "run", "--yes"]).await;
        assert_eq!(ground.writable().await, [false, true]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
        bank.close().await
    };
    let (written, ledger) = tokio::join!(stays(ground, &stop), moves);
    assert!(written > 0);
    ground.assert_target_has_all(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_loaded_and_compared_while_the_rest_is_written() {
    let Some(ground) = begin(
        EstateOptions::new(ServerKind::MariaDb1011),
        AuroraOptions::mysql(),
        |plan| {
            plan.replace("way_back = true", "way_back = false")
                .replace("native = true", "native = false")
        },
    )
    .await
    else {
        return;
    };
    part(&ground).await;
    let stop = AtomicBool::new(false);
    let ground = &ground;
    let moves = async {
        let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
        ground.succeed(&until).await;
        assert_eq!(ground.writable().await, [false, false]);
        assert_parted(ground).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (written, ()) = tokio::join!(stays(ground, &stop), moves);
    assert!(written > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_of_mysql() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    both(estate, filtered(), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_of_postgres() {
    let estate = EstateOptions::new(ServerKind::Postgres(17));
    both(estate, AuroraOptions::postgres(17), false).await;
}
