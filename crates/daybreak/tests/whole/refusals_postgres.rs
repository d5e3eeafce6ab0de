//! What `refusals` asks of MySQL, asked of PostgreSQL.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use crate::ground::{self, Ground};
use crate::refusals::{however_often, refused, refused_by};
use daybreak_sandbox::{
    AuroraOptions, Estate, EstateOptions, Row, SandboxError, ServerKind, SmallDisk, available,
};

async fn postgres() -> Option<Ground> {
    ground::lay(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await
}

/// On the source, as the account that owns what is there.
async fn as_owner(ground: &Ground, statement: &str) -> Result<Vec<Row>, SandboxError> {
    let Estate {
        primary,
        admin,
        database,
        ..
    } = &ground.estate;
    primary.rows_as(admin, database, statement).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_wrong_or_missing_touches_no_server() {
    let Some(ground) = postgres().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let sides = [
        ("source", "DAYBREAK_SOURCE_PASSWORD", ground.estate.primary.port()),
        (
            "target",
            "DAYBREAK_TARGET_PASSWORD",
            ground.cluster.cluster_port(),
        ),
    ];
    for (side, secret, port) in sides {
        let mut command = ground.daybreak(&["run", "--yes"]);
        command.env_remove(secret);
        let said = refused_by(command, 2).await;
        assert!(said.contains(&format!("{secret}, which is not set")), "{said}");

        let mut command = ground.daybreak(&["run", "--yes"]);
        command.env(secret, "not-the-password");
        let said = refused_by(command, 1).await;
        let named = format!("{side} (127.0.0.1:{port})");
        assert!(said.contains(&named) && said.contains("hint:"), "{said}");
        assert!(!said.contains("not-the-password"), "{said}");
    }
    assert_untouched(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_are_refused_also_where_the_check_is_waived() {
    let Some(ground) = postgres().await else { return };
    ground.found(50).await;
    as_owner(&ground, "SELECT lo_create(4711)").await.expect("made");
    ground.init(|plan| plan).await;
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("pg_largeobject") && said.contains("1 large object") && said.contains("hint:"),
        "{said}"
    );
    assert_untouched(&ground).await;

    let waiver = "\n[[waivers]]\ncheck = \"postgresql.large_object\"\nobject = \"pg_largeobject\"\nreason = \"tried\"\nexpires = 2999-12-31\n";
    ground.change(|plan| plan + waiver);
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("estate.check: 1 object(s) cannot be carried to the target: 1 large objects")
            && said.contains("hint: move them into a bytea column"),
        "{said}"
    );
    assert_untouched(&ground).await;
}

/// Neither side has anything of ours.
async fn assert_untouched(ground: &Ground) {
    for ours in [
        "SELECT pubname FROM pg_publication",
        "SELECT slot_name FROM pg_replication_slots",
    ] {
        let made = ground.estate.sql(ours).await.expect("asked");
        assert!(made.is_empty(), "{ours} on the source: {made:?}");
    }
    let tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let made = ground.cluster.sql(tables).await.expect("asked");
    assert!(made.is_empty(), "on the target: {made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_left_as_it_is() {
    let Some(ground) = postgres().await else { return };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    for statement in [
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.mine (id int PRIMARY KEY)",
    ] {
        ground.cluster.sql(statement).await.expect("made");
    }
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("the target is not empty")
            && said.contains("shop.mine, on target (127.0.0.1:")
            && said.contains("hint:"),
        "{said}"
    );
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'shop'";
    let there = ground.cluster.sql(tables).await.expect("listed");
    assert_eq!(there, [[Some("mine".to_owned())]], "nothing was made beside it");

    // A table that is the same as the source's may hold somebody's rows.
    for statement in [
        "DROP TABLE shop.mine",
        "CREATE TABLE shop.visits (page text NOT NULL, seen timestamptz NOT NULL)",
        "ALTER TABLE shop.visits REPLICA IDENTITY FULL",
        "INSERT INTO shop.visits VALUES ('/mine', '2024-01-01 00:00+00')",
    ] {
        ground.cluster.sql(statement).await.expect("made");
    }
    however_often(&ground).await;
    let rows = ground.cluster.sql("SELECT page FROM shop.visits").await;
    assert_eq!(
        rows.expect("rows"),
        [[Some("/mine".to_owned())]],
        "they are as they were"
    );
    let slots = ground
        .estate
        .sql("SELECT slot_name FROM pg_replication_slots")
        .await;
    assert!(
        slots.expect("asked").is_empty(),
        "the source keeps no log for a load that was refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_change_during_the_load_is_noticed() {
    let Some(ground) = postgres().await else { return };
    ground.found(50).await;
    // The load waits while a foreign session is at work, so the change surely falls into it.
    ground
        .init(|plan| plan.replace("max_running_sessions = 60", "max_running_sessions = 0"))
        .await;
    let (ground, works) = (Arc::new(ground), "SELECT pg_sleep(600)");
    let session = tokio::spawn({
        let ground = Arc::clone(&ground);
        async move { as_owner(&ground, works).await }
    });
    let at_work =
        format!("SELECT count(*) FROM pg_stat_activity WHERE query = '{works}' AND state = 'active'");
    let primary = &ground.estate.primary;
    primary
        .wait_for(&at_work, "1", Duration::from_secs(30))
        .await
        .expect("it is at work");
    let mut run = ground
        .daybreak(&["--format", "json", "run", "--yes"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    ground::wait_for_line(&mut run, "are at work").await;
    // What is being read cannot be altered for so long; what is new is in no snapshot.
    let altered = as_owner(
        &ground,
        "SET lock_timeout = '1s'; ALTER TABLE shop.visits ADD COLUMN late int",
    )
    .await;
    assert_eq!(altered.expect_err("it is locked").code(), Some("55P03"));
    as_owner(&ground, "CREATE TABLE shop.late (id int PRIMARY KEY)")
        .await
        .expect("made");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '{works}'");
    primary.rows(&end).await.expect("ended");
    session.await.expect("no panic").expect_err("it was ended");
    let output = tokio::time::timeout(Duration::from_secs(60), run.wait_with_output());
    let output = output.await.expect("it is noticed").expect("ends");
    assert_eq!(output.status.code(), Some(1));
    let status = ground.succeed(&["--format", "json", "status"]).await;
    let text = serde_json::to_string(&status).expect("JSON");
    assert!(
        text.contains("changed") && text.contains("late") && text.contains("on source (127.0.0.1:"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_on_the_target_is_named_and_the_load_goes_on_when_there_is_room() {
    let Some(mut disk) = available(SmallDisk::mount(80)) else {
        return;
    };
    let Some(ground) = postgres().await else { return };
    ground.found(50).await;
    // Its log lies elsewhere, as on servers that have a volume for it: without room for that PostgreSQL ends itself.
    let writer = ground.cluster.writer();
    let make = format!("CREATE TABLESPACE small LOCATION '{}'", disk.path().display());
    for statement in [&*make, "ALTER DATABASE shop SET TABLESPACE small"] {
        writer
            .rows(statement)
            .await
            .expect("the database lies on the disk");
    }
    for statement in [
        "CREATE TABLE shop.bulk (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, body bytea)",
        "ALTER TABLE shop.bulk ALTER COLUMN body SET STORAGE EXTERNAL",
        "INSERT INTO shop.bulk (body) SELECT decode(repeat(md5(n::text), 32768), 'hex') FROM generate_series(1, 200) AS n",
    ] {
        as_owner(&ground, statement).await.expect("filled");
    }
    ground.init(|plan| plan).await;
    let said = refused(&ground, &["run", "--yes", "--until", "data.check"], 1).await;
    assert!(
        said.contains("shop.bulk") && said.contains("on target (127.0.0.1:") && said.contains("make room"),
        "{said}"
    );
    assert!(ground.writable().await[0], "the source is written as before");

    disk.resize(500).expect("room is made");
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    let there = ground.cluster.sql("SELECT count(*) FROM shop.bulk").await;
    assert_eq!(there.expect("counted"), [[Some("200".to_owned())]]);
}
