//! What cannot be is refused with a clear error before anything is changed, or handled: on real servers.

use crate::ground::{self, Ground};
use daybreak_sandbox::application::OpenTransaction;
use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};

async fn mysql() -> Option<Ground> {
    ground::lay(
        EstateOptions::new(ServerKind::Mysql97).gtid(true),
        AuroraOptions::mysql().gtid(true),
    )
    .await
}

/// Runs a command that must fail with `status`; what it said.
pub(crate) async fn refused(ground: &Ground, arguments: &[&str], status: i32) -> String {
    refused_by(ground.daybreak(arguments), status).await
}

pub(crate) async fn refused_by(mut command: tokio::process::Command, status: i32) -> String {
    let output = command.output().await.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_used_touches_no_server() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground
        .init(|plan| plan.replace("range_rows = 200000", "rangerows = 200000"))
        .await;
    let said = refused(&ground, &["run", "--yes"], 2).await;
    assert!(
        said.contains("unknown field `rangerows`") && said.contains("did you mean `range_rows`?"),
        "{said}"
    );

    let plan = ground.plan();
    let text = std::fs::read_to_string(&plan)
        .expect("the plan")
        .replace("rangerows", "range_rows");
    std::fs::write(&plan, &text).expect("the plan");
    let mut command = ground.daybreak(&["run", "--yes"]);
    command.env_remove("DAYBREAK_TARGET_PASSWORD");
    let said = refused_by(command, 2).await;
    assert!(
        said.contains("DAYBREAK_TARGET_PASSWORD, which is not set"),
        "{said}"
    );

    let mut command = ground.daybreak(&["run", "--yes"]);
    command.env("DAYBREAK_TARGET_PASSWORD", "not-the-password");
    let said = refused_by(command, 1).await;
    assert!(said.contains("target") && said.contains("hint:"), "{said}");
    assert!(!said.contains("not-the-password"), "{said}");

    let port = ground.estate.primary.port().to_string();
    let target = ground.cluster.cluster_port().to_string();
    let same = text.replace(&format!("127.0.0.1:{target}"), &format!("localhost:{port}"));
    std::fs::write(&plan, same).expect("the plan");
    let mut command = ground.daybreak(&["run", "--yes"]);
    command.env("DAYBREAK_TARGET_PASSWORD", ground.estate.admin.password());
    let said = refused_by(command, 1).await;
    assert!(said.contains("the same server"), "{said}");

    let replica = text.replace(&format!("127.0.0.1:{target}"), "127.0.0.1:1");
    std::fs::write(&plan, replica).expect("the plan");
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(said.contains("127.0.0.1:1") && said.contains("hint:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_left_as_it_is() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    ground
        .cluster
        .sql("CREATE TABLE shop.mine (id INT PRIMARY KEY)")
        .await
        .expect("made");
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("the target is not empty") && said.contains("shop.mine"),
        "{said}"
    );
    let tables = ground.cluster.sql("SHOW TABLES IN shop").await.expect("listed");
    assert_eq!(tables.len(), 1, "nothing was made beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_privilege_is_named_before_anything_is_changed() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let admin = ground.estate.admin.name();
    for statement in [
        format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{admin}`@'%'"),
        format!("GRANT SELECT ON *.* TO `{admin}`@'%'"),
    ] {
        ground.estate.primary.rows(&statement).await.expect("revoked");
    }
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(said.contains("lacks") && said.contains("hint:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_server_ids_are_refused() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let id = ground
        .cluster
        .writer()
        .value("SELECT @@server_id")
        .await
        .expect("asked")
        .expect("a value");
    ground
        .estate
        .primary
        .rows(&format!("SET GLOBAL server_id = {id}"))
        .await
        .expect("set");
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(said.contains("same server_id"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_change_during_the_load_is_noticed() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    // The load waits while a foreign transaction is open, so the change surely falls into it.
    ground
        .init(|plan| plan.replace("max_running_sessions = 60", "max_running_sessions = 0"))
        .await;
    let application = OpenTransaction::begin(&ground.estate.app_url())
        .await
        .expect("open");
    let mut run = ground
        .daybreak(&["--format", "json", "run", "--yes"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    ground::wait_for_line(&mut run, "are at work").await;
    ground
        .estate
        .sql("ALTER TABLE visits ADD COLUMN late INT")
        .await
        .expect("altered");
    application.roll_back().await.expect("taken back");
    let output = run.wait_with_output().await.expect("ends");
    assert_eq!(output.status.code(), Some(1));
    let status = ground.succeed(&["--format", "json", "status"]).await;
    let text = serde_json::to_string(&status).expect("JSON");
    assert!(text.contains("changed") && text.contains("visits"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_carried() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground
        .estate
        .sql("CREATE TABLE `we\"ird ta'ble; drop` (`a``b` INT PRIMARY KEY, `select` VARCHAR(10), KEY `k\\ey'` (`select`))")
        .await
        .expect("made");
    ground
        .estate
        .sql("INSERT INTO `we\"ird ta'ble; drop` VALUES (1, 'x'), (2, NULL)")
        .await
        .expect("filled");
    ground.init(|plan| plan).await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    let there = ground
        .cluster
        .sql("SELECT * FROM shop.`we\"ird ta'ble; drop`")
        .await
        .expect("there");
    assert_eq!(there.len(), 2);
}
