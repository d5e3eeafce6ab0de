//! What cannot be is refused with a clear error before anything is changed, or handled: on real servers.

use crate::ground::{self, Ground};
use daybreak_sandbox::application::OpenTransaction;
use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind, SmallDisk, available};

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
    let idle = text.replace("share_percent = 100", "share_percent = 0");
    std::fs::write(&plan, idle).expect("the plan");
    let said = refused(&ground, &["run", "--yes"], 2).await;
    assert!(
        said.contains("check.share_percent") && said.contains("from 1 to 100"),
        "{said}"
    );

    std::fs::write(&plan, &text).expect("the plan");
    let mut command = ground.daybreak(&["run", "--yes"]);
    command.env_remove("DAYBREAK_TARGET_PASSWORD");
    let said = refused_by(command, 2).await;
    assert!(
        said.contains("DAYBREAK_TARGET_PASSWORD, which is not set"),
        "{said}"
    );

    let said = ground
        .daybreak(&["plan"])
        .output()
        .await
        .expect("the program runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    for exact in [
        "CALL mysql.rds_set_read_only(1)",
        "CALL mysql.rds_start_replication",
        "SET GLOBAL super_read_only = ON",
    ] {
        assert!(said.contains(exact), "{exact} is not in the plan: {said}");
    }

    let port = ground.estate.primary.port().to_string();
    let target = ground.cluster.cluster_port().to_string();
    let same = text.replace(&format!("127.0.0.1:{target}"), &format!("localhost:{port}"));
    let nowhere = text.replace(&format!("127.0.0.1:{target}"), "127.0.0.1:1");
    for arguments in [&["plan"][..], &["run", "--yes"]] {
        std::fs::write(&plan, &text).expect("the plan");
        let mut command = ground.daybreak(arguments);
        command.env("DAYBREAK_TARGET_PASSWORD", "not-the-password");
        let said = refused_by(command, 1).await;
        let named = format!("target (127.0.0.1:{target})");
        assert!(said.contains(&named) && said.contains("hint:"), "{said}");
        assert!(!said.contains("not-the-password"), "{said}");

        std::fs::write(&plan, &same).expect("the plan");
        let mut command = ground.daybreak(arguments);
        command.env("DAYBREAK_TARGET_PASSWORD", ground.estate.admin.password());
        let said = refused_by(command, 1).await;
        assert!(said.contains("the same server"), "{said}");

        std::fs::write(&plan, &nowhere).expect("the plan");
        let said = refused(&ground, arguments, 1).await;
        assert!(said.contains("127.0.0.1:1") && said.contains("hint:"), "{said}");
    }
}

/// A target that is not empty is refused again, by a run and by a load.
pub(crate) async fn however_often(ground: &Ground) {
    for attempt in [["run", "--yes"], ["run", "--yes"]] {
        let said = refused(ground, &attempt, 1).await;
        assert!(said.contains("the target is not empty"), "{attempt:?}: {said}");
    }
    std::fs::remove_file(ground.folder.path().join(".daybreak/journal.db")).expect("the run is forgotten");
    for attempt in [["load", "--execute"], ["load", "--execute"]] {
        let said = refused(ground, &attempt, 1).await;
        assert!(said.contains("the target is not empty"), "{attempt:?}: {said}");
    }
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
        said.contains("the target is not empty")
            && said.contains("shop.mine, on target (127.0.0.1:")
            && said.contains("hint:"),
        "{said}"
    );
    let tables = ground.cluster.sql("SHOW TABLES IN shop").await.expect("listed");
    assert_eq!(tables.len(), 1, "nothing was made beside it");

    // A table that is the same as the source's may hold somebody's rows: it is not what a load of ours left, however often it is
    // refused.
    ground.cluster.sql("DROP TABLE shop.mine").await.expect("dropped");
    let made = ground
        .estate
        .primary
        .rows("SHOW CREATE TABLE shop.accounts")
        .await;
    let made = made.expect("told")[0][1].clone().expect("a statement");
    for statement in [
        "USE shop",
        &made,
        "INSERT INTO shop.accounts SET id = 4711, owner = 'x', balance = 1",
    ] {
        ground.cluster.sql(statement).await.expect("made");
    }
    however_often(&ground).await;
    let rows = ground
        .cluster
        .sql("SELECT id FROM shop.accounts")
        .await
        .expect("rows");
    assert_eq!(rows, [[Some("4711".to_owned())]], "they are as they were");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_privilege_is_named_before_anything_is_changed() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let admin = ground.estate.admin.name();
    let grant = async |statements: &[String]| {
        for statement in statements {
            ground.estate.primary.rows(statement).await.expect("granted");
        }
        refused(&ground, &["run", "--yes"], 1).await
    };
    // What is held on some database is not held on the server, nor on another database.
    let said = grant(&[
        format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{admin}`@'%'"),
        format!("GRANT ALL ON attic.* TO `{admin}`@'%'"),
        format!("GRANT SELECT, SHOW VIEW ON shop.* TO `{admin}`@'%'"),
    ])
    .await;
    assert!(
        said.contains(" on source (127.0.0.1:")
            && said.contains("lacks PROCESS, REPLICATION CLIENT")
            && said.contains("hint:"),
        "{said}"
    );
    let global = "PROCESS, RELOAD, SUPER, CREATE USER, REPLICATION SLAVE, REPLICATION CLIENT, PERSIST_RO_VARIABLES_ADMIN";
    let said = grant(&[format!("GRANT {global} ON *.* TO `{admin}`@'%'")]).await;
    assert!(
        said.contains("lacks CREATE ON daybreak, INSERT ON daybreak, GRANT OPTION"),
        "{said}"
    );
    let said = grant(&[
        format!("GRANT {global} ON *.* TO `{admin}`@'%' WITH GRANT OPTION"),
        format!("GRANT CREATE, INSERT ON daybreak.* TO `{admin}`@'%'"),
        format!("GRANT SELECT ON performance_schema.* TO `{admin}`@'%'"),
    ])
    .await;
    assert!(
        said.contains("schema shop")
            && said.contains("lacks TRIGGER, EVENT, EXECUTE on it")
            && said.contains("hint:"),
        "{said}"
    );
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
    assert!(
        said.contains("source (127.0.0.1:")
            && said.contains("target (127.0.0.1:")
            && said.contains("have the same server_id")
            && said.contains("hint:"),
        "{said}"
    );
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
    // Seen at the end of the load, or, where a lock ended it and it was begun again, at its second beginning.
    let server = ["on source (127.0.0.1:", "on target (127.0.0.1:"];
    assert!(
        text.contains("changed")
            && text.contains("visits")
            && server.iter().any(|server| text.contains(server)),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_differ_are_named() {
    let Some(ground) = mysql().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "replicate.start"])
        .await;
    for statement in [
        "UPDATE shop.accounts SET owner = 'nobody' WHERE id = 7",
        "DELETE FROM shop.transfers WHERE id > 0",
        "INSERT INTO shop.visits VALUES ('/extra', '2024-01-01 00:00:00')",
    ] {
        let changed = ground.cluster.writer().rows(statement).await;
        changed.expect("the superuser may write");
    }
    let said = refused(&ground, &["run", "--yes", "--until", "data.check"], 1).await;
    assert!(
        said.contains("shop.accounts: 1 difference(s): row (7) has other values on the target")
            && said.contains("shop.visits")
            && said.contains("hint:"),
        "{said}"
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_on_the_target_is_named_and_the_load_goes_on_when_there_is_room() {
    let Some(mut disk) = available(SmallDisk::mount(260)) else {
        return;
    };
    // The binary log lies elsewhere, as on servers that have a volume for it: MySQL waits for room for its log for ever.
    let logs = tempfile::tempdir().expect("a folder");
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(logs.path(), all).expect("open to the servers' account");
    let cluster = AuroraOptions::mysql()
        .gtid(true)
        .data_dir_on(disk.path())
        .setting("innodb_redo_log_capacity", "16M")
        .setting("log_bin", &logs.path().join("binlog").display().to_string());
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(50).await;
    for statement in [
        "CREATE TABLE bulk (id INT AUTO_INCREMENT PRIMARY KEY, body LONGBLOB) ENGINE=InnoDB",
        "INSERT INTO bulk (body) SELECT REPEAT(UNHEX(SHA2(n.id, 512)), 16384) FROM accounts AS n WHERE n.id <= 100",
        "INSERT INTO bulk (body) SELECT REVERSE(body) FROM bulk",
    ] {
        ground.estate.sql(statement).await.expect("filled");
    }
    ground.init(|plan| plan).await;
    let said = refused(&ground, &["run", "--yes", "--until", "data.check"], 1).await;
    assert!(
        said.contains("shop.bulk") && said.contains("on target (127.0.0.1:") && said.contains("make room"),
        "{said}"
    );
    assert!(ground.writable().await[0], "the source is written as before");

    disk.resize(1_000).expect("room is made");
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    let there = ground
        .cluster
        .sql("SELECT COUNT(*) FROM shop.bulk")
        .await
        .expect("counted");
    assert_eq!(there, [[Some("200".to_owned())]]);
}
