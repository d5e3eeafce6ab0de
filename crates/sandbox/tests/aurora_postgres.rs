//! The Aurora PostgreSQL stand-in refuses what Aurora refuses, and lets its administrator replicate.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::time::Duration;

use daybreak_sandbox::{
    AuroraOptions, AuroraStandIn, Estate, EstateOptions, Login, Sandbox, ServerKind, available,
};

const PATIENCE: Duration = Duration::from_secs(30);

async fn cluster(options: AuroraOptions) -> Option<(Sandbox, AuroraStandIn)> {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let cluster = available(AuroraStandIn::start(&sandbox, options).await)?;
    Some((sandbox, cluster))
}

async fn until(cluster: &AuroraStandIn, question: &str, wanted: &str) {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let answer = cluster.sql(question).await;
        if answer
            .as_ref()
            .is_ok_and(|rows| rows[0][0].as_deref() == Some(wanted))
        {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{question}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_administrator_of_17_is_no_superuser() {
    the_administrator_is_no_superuser(17).await;
}

#[tokio::test]
async fn the_administrator_of_18_is_no_superuser() {
    the_administrator_is_no_superuser(18).await;
}

async fn the_administrator_is_no_superuser(major: u8) {
    let Some((_sandbox, cluster)) = cluster(AuroraOptions::postgres(major)).await else {
        return;
    };
    let version = cluster.sql("SELECT aurora_version()").await.unwrap();
    let version = version[0][0].clone().unwrap();
    assert!(version.starts_with(&format!("{major}.")), "{version}");
    for statement in [
        "ALTER SYSTEM SET work_mem = '8MB'",
        "CREATE ROLE boss SUPERUSER",
        "COPY (SELECT 1) TO '/tmp/a'",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "SELECT pg_read_file('postgresql.conf')",
        "ALTER ROLE rdsadmin PASSWORD 'a'",
    ] {
        let answer = cluster.sql(statement).await.expect_err(statement);
        assert_eq!(answer.code(), Some("42501"), "{answer}");
    }
    for allowed in [
        "CREATE DATABASE other",
        "CREATE ROLE app LOGIN PASSWORD 'secret-for-a-test'",
        "GRANT rds_replication TO app",
        "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
        "SELECT pg_drop_replication_slot('s')",
        "SELECT pg_replication_origin_create('o')",
        "SELECT pg_replication_origin_advance('o', '0/1')",
        "ALTER DATABASE shop SET default_transaction_read_only = on",
    ] {
        cluster
            .sql(allowed)
            .await
            .unwrap_or_else(|answer| panic!("{answer}"));
    }
    until(
        &cluster,
        "SELECT rolreplication FROM pg_roles WHERE rolname = 'app'",
        "t",
    )
    .await;
}

#[tokio::test]
async fn takes_in_by_subscription_and_fails_over() {
    let Some((sandbox, cluster)) = cluster(AuroraOptions::postgres(17).readers(1)).await else {
        return;
    };
    let estate = Estate::start(&sandbox, EstateOptions::new(ServerKind::Postgres(15))).await;
    let Some(estate) = available(estate) else { return };
    for statement in [
        "CREATE TABLE t (id INT PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "CREATE PUBLICATION p FOR TABLE t",
        "GRANT SELECT ON t TO replicator",
    ] {
        estate
            .primary
            .rows_as(&estate.admin, "shop", statement)
            .await
            .unwrap();
    }
    cluster.sql("CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
    let source = format!(
        "host=127.0.0.1 port={} user={} password={} dbname=shop",
        estate.primary.port(),
        estate.replicator.name(),
        estate.replicator.password()
    );
    cluster
        .sql(&format!(
            "CREATE SUBSCRIPTION s CONNECTION '{source}' PUBLICATION p"
        ))
        .await
        .unwrap();
    until(&cluster, "SELECT COUNT(*) FROM t", "1").await;
    let reader = cluster.readers()[0];
    reader
        .wait_for("SELECT pg_is_in_recovery()", "t", PATIENCE)
        .await
        .unwrap();

    // A slot on the cluster survives a fail-over, as on Aurora's storage.
    cluster
        .sql("SELECT pg_create_logical_replication_slot('home', 'pgoutput')")
        .await
        .unwrap();
    cluster.kill_writer().await.unwrap();
    cluster.failover(None).await.unwrap();
    assert_eq!(cluster.writer().name(), "aurora-2");
    let slots = cluster
        .sql("SELECT slot_name FROM pg_replication_slots WHERE slot_name = 'home'")
        .await
        .unwrap();
    assert_eq!(slots.len(), 1);
    estate
        .sql("INSERT INTO t VALUES (2)")
        .await
        .expect_err("t belongs to the DBA");
    estate
        .primary
        .rows_as(&estate.admin, "shop", "INSERT INTO t VALUES (2)")
        .await
        .unwrap();
    until(&cluster, "SELECT COUNT(*) FROM t", "2").await;

    let reader = cluster.readers()[0];
    assert_eq!(reader.name(), "aurora-1");
    let deadline = std::time::Instant::now() + PATIENCE;
    while reader
        .rows_in("shop", "SELECT id FROM t")
        .await
        .map_or(0, |rows| rows.len())
        < 2
    {
        assert!(std::time::Instant::now() < deadline, "{}", reader.log_tail(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answer = reader
        .rows_as(&cluster.admin, "shop", "INSERT INTO t VALUES (3)")
        .await
        .unwrap_err();
    assert_eq!(answer.code(), Some("25006"));
    let stranger = Login::new("admin", "wrong");
    let answer = cluster
        .writer()
        .rows_as(&stranger, "shop", "SELECT 1")
        .await
        .unwrap_err();
    assert_eq!(answer.code(), Some("28P01"));
}
