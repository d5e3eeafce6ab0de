//! The Aurora MySQL stand-in refuses what Aurora refuses, and does through its procedures what Aurora does.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind, available};

const PATIENCE: Duration = Duration::from_secs(30);

async fn cluster(options: AuroraOptions) -> Option<(Sandbox, AuroraStandIn)> {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let cluster = available(AuroraStandIn::start(&sandbox, options).await)?;
    Some((sandbox, cluster))
}

async fn refused(cluster: &AuroraStandIn, statement: &str, code: &str) {
    let answer = cluster.sql(statement).await.expect_err(statement);
    assert_eq!(answer.code(), Some(code), "{answer}");
}

#[tokio::test]
async fn the_administrator_is_no_superuser() {
    let Some((_sandbox, cluster)) = cluster(AuroraOptions::mysql()).await else {
        return;
    };
    for statement in [
        "SET GLOBAL read_only = ON",
        "SET GLOBAL max_connections = 10",
        "SET PERSIST max_connections = 10",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'a'",
        "START REPLICA",
        "PURGE BINARY LOGS BEFORE NOW()",
        "LOCK INSTANCE FOR BACKUP",
        "ALTER USER 'rdsadmin'@'localhost' IDENTIFIED BY 'a'",
        "SELECT 1 INTO OUTFILE '/tmp/a'",
        "SHUTDOWN",
        "CALL mysql.rds_hidden_execute('SET GLOBAL read_only = ON')",
    ] {
        let answer = cluster.sql(statement).await.expect_err(statement);
        assert!(
            ["1227", "1045", "1243"].contains(&answer.code().unwrap()),
            "{answer}"
        );
    }
    refused(&cluster, "CALL mysql.rds_set_external_source('h', 3306)", "1318").await;
    refused(
        &cluster,
        "CALL mysql.rds_set_external_source_with_auto_position('h', 3306, 'u', 'p')",
        "1318",
    )
    .await;
    refused(
        &cluster,
        "CALL mysql.rds_set_configuration('binlog retention hours', 0)",
        "1644",
    )
    .await;
    refused(&cluster, "CALL mysql.rds_start_replication", "1644").await;
    cluster
        .sql("CALL mysql.rds_set_configuration('binlog retention hours', 24)")
        .await
        .unwrap();
    let shown = cluster.sql("CALL mysql.rds_show_configuration").await.unwrap();
    assert_eq!(
        shown[0][..2],
        [Some("binlog retention hours".to_owned()), Some("24".to_owned())]
    );
    for allowed in [
        "SELECT mysql.aurora_version()",
        "CREATE USER reporter@'%' IDENTIFIED BY 'secret-for-a-test'",
        "GRANT SELECT ON shop.* TO reporter@'%'",
        "CREATE DEFINER = nobody@'%' VIEW v AS SELECT 1",
        "SHOW BINARY LOG STATUS",
        "SHOW REPLICA STATUS",
        "FLUSH TABLES",
    ] {
        cluster
            .sql(allowed)
            .await
            .unwrap_or_else(|answer| panic!("{answer}"));
    }
}

/// Replicates from a company's primary into the cluster, using nothing but the administrator's account.
async fn takes_in(gtid: bool) {
    let Some((sandbox, cluster)) = cluster(AuroraOptions::mysql().readers(1).gtid(gtid)).await else {
        return;
    };
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(gtid);
    let estate = Estate::start(&sandbox, options).await.unwrap();
    let (port, user, password) = (
        estate.primary.port(),
        estate.replicator.name(),
        estate.replicator.password(),
    );
    let position = estate
        .primary
        .rows("SHOW BINARY LOG STATUS")
        .await
        .unwrap()
        .remove(0);
    let field = |number: usize| position[number].clone().unwrap_or_default();
    if gtid {
        cluster
            .sql(&format!("CALL mysql.rds_gtid_purged('{}')", field(4)))
            .await
            .unwrap();
        cluster
            .sql("CALL mysql.rds_set_binlog_source_ssl(1)")
            .await
            .unwrap();
        cluster
            .sql(&format!(
                "CALL mysql.rds_set_external_source_with_auto_position('127.0.0.1', {port}, '{user}', '{password}', 0)"
            ))
            .await
            .unwrap();
    } else {
        cluster
            .sql(&format!(
                "CALL mysql.rds_set_external_source('127.0.0.1', {port}, '{user}', '{password}', '{}', {}, 1)",
                field(0),
                field(1)
            ))
            .await
            .unwrap();
    }
    cluster.sql("CALL mysql.rds_start_replication").await.unwrap();
    refused(&cluster, "CALL mysql.rds_reset_external_source", "1644").await;
    estate.sql("CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
    estate.sql("INSERT INTO t VALUES (1)").await.unwrap();
    let count = "SELECT COUNT(*) FROM shop.t";
    cluster.writer().wait_for(count, "1", PATIENCE).await.unwrap();
    cluster.readers()[0].wait_for(count, "1", PATIENCE).await.unwrap();

    // Read-only holds for the application and not for replication.
    cluster
        .sql("CREATE USER app@'%' IDENTIFIED BY 'secret-for-a-test'")
        .await
        .unwrap();
    cluster.sql("GRANT ALL ON shop.* TO app@'%'").await.unwrap();
    let app = daybreak_sandbox::Login::new("app", "secret-for-a-test");
    cluster.sql("CALL mysql.rds_set_read_only(1)").await.unwrap();
    let answer = cluster
        .writer()
        .rows_as(&app, "shop", "INSERT INTO t VALUES (9)")
        .await
        .unwrap_err();
    assert_eq!(answer.code(), Some("1290"), "{answer}");
    estate.sql("INSERT INTO t VALUES (2)").await.unwrap();
    cluster.writer().wait_for(count, "2", PATIENCE).await.unwrap();
    cluster.sql("CALL mysql.rds_set_read_only(0)").await.unwrap();
    cluster
        .writer()
        .rows_as(&app, "shop", "INSERT INTO t VALUES (9)")
        .await
        .unwrap();

    // A fail-over keeps the set-up and waits for the start.
    cluster.failover(None).await.unwrap();
    cluster.sql("CALL mysql.rds_start_replication").await.unwrap();
    estate.sql("INSERT INTO t VALUES (3)").await.unwrap();
    cluster.writer().wait_for(count, "4", PATIENCE).await.unwrap();
    cluster.readers()[0].wait_for(count, "4", PATIENCE).await.unwrap();

    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    cluster.sql("CALL mysql.rds_reset_external_source").await.unwrap();
    assert!(cluster.sql("SHOW REPLICA STATUS").await.unwrap().is_empty());
    let history = cluster
        .sql("SELECT action FROM mysql.rds_history ORDER BY id")
        .await
        .unwrap();
    let actions: Vec<&str> = history.iter().filter_map(|row| row[0].as_deref()).collect();
    assert!(
        actions.ends_with(&["start replication", "stop replication", "reset source"]),
        "{actions:?}"
    );
}

#[tokio::test]
async fn takes_in_by_gtid() {
    takes_in(true).await;
}

#[tokio::test]
async fn takes_in_by_file_and_position() {
    takes_in(false).await;
}

#[tokio::test]
async fn a_fail_over_keeps_the_endpoints_and_everything_acknowledged() {
    let Some((_sandbox, cluster)) = cluster(AuroraOptions::mysql().tiers(&[1, 5, 0])).await else {
        return;
    };
    cluster.sql("CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
    let url = cluster.admin_url();
    let port = cluster.cluster_port();
    for id in 1..=20 {
        cluster
            .sql(&format!("INSERT INTO t VALUES ({id})"))
            .await
            .unwrap();
    }
    cluster.kill_writer().await.unwrap();
    cluster.failover(None).await.unwrap();
    assert_eq!(cluster.writer().name(), "aurora-3", "the lowest tier is promoted");
    assert_eq!((cluster.admin_url(), cluster.cluster_port()), (url, port));
    for server in std::iter::once(cluster.writer()).chain(cluster.readers()) {
        server
            .wait_for("SELECT COUNT(*) FROM shop.t", "20", PATIENCE)
            .await
            .unwrap();
    }
    cluster.sql("INSERT INTO t VALUES (21)").await.unwrap();
    for reader in cluster.readers() {
        reader
            .wait_for("SELECT COUNT(*) FROM shop.t", "21", PATIENCE)
            .await
            .unwrap();
        let answer = reader
            .rows_as(&cluster.admin, "shop", "INSERT INTO t VALUES (22)")
            .await
            .unwrap_err();
        assert_eq!(answer.code(), Some("1290"), "{answer}");
    }
    cluster.failover(Some("aurora-2")).await.unwrap();
    assert_eq!(cluster.writer().name(), "aurora-2");
    cluster.sql("INSERT INTO t VALUES (22)").await.unwrap();
    for reader in cluster.readers() {
        reader
            .wait_for("SELECT COUNT(*) FROM shop.t", "22", PATIENCE)
            .await
            .unwrap();
    }
}

/// Replication from outside that stops on an error is mended with the procedures for that, by name of version 3 and of version 2.
#[tokio::test]
async fn replication_that_stopped_is_mended_by_procedures() {
    let Some((sandbox, cluster)) = cluster(AuroraOptions::mysql()).await else {
        return;
    };
    let estate = Estate::start(&sandbox, EstateOptions::new(ServerKind::Mysql97))
        .await
        .unwrap();
    let place = estate
        .primary
        .rows("SHOW BINARY LOG STATUS")
        .await
        .unwrap()
        .remove(0);
    let place = |number: usize| place[number].clone().unwrap();
    let (port, user, password) = (
        estate.primary.port(),
        estate.replicator.name(),
        estate.replicator.password(),
    );
    let set = format!(
        "CALL mysql.rds_set_external_master('127.0.0.1', {port}, '{user}', '{password}', '{}', {}, 1)",
        place(0),
        place(1)
    );
    cluster.sql(&set).await.unwrap();
    cluster.sql("CALL mysql.rds_start_replication").await.unwrap();
    estate.sql("CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
    let count = "SELECT COUNT(*) FROM shop.t";
    cluster.writer().wait_for(count, "0", PATIENCE).await.unwrap();
    cluster.sql("INSERT INTO t VALUES (1)").await.unwrap();

    estate.sql("INSERT INTO t VALUES (1)").await.unwrap();
    let stopped =
        "SELECT MAX(last_error_number) FROM performance_schema.replication_applier_status_by_worker";
    cluster
        .writer()
        .wait_for(stopped, "1062", PATIENCE)
        .await
        .unwrap();
    let said = cluster.sql("CALL mysql.rds_skip_repl_error").await.unwrap();
    assert_eq!(said[0][0].as_deref(), Some("Statement in error has been skipped"));
    estate.sql("INSERT INTO t VALUES (2)").await.unwrap();
    cluster.writer().wait_for(count, "2", PATIENCE).await.unwrap();
    let said = cluster.sql("CALL mysql.rds_skip_repl_error").await.unwrap();
    assert!(said[0][0].as_deref().unwrap().contains("No errors"), "{said:?}");

    // Up to a place and no further.
    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    estate.sql("INSERT INTO t VALUES (3)").await.unwrap();
    let end = estate
        .primary
        .rows("SHOW BINARY LOG STATUS")
        .await
        .unwrap()
        .remove(0);
    estate.sql("INSERT INTO t VALUES (4)").await.unwrap();
    let until = format!(
        "CALL mysql.rds_start_replication_until('{}', {})",
        end[0].clone().unwrap(),
        end[1].clone().unwrap()
    );
    cluster.sql(&until).await.unwrap();
    let state = "SELECT service_state FROM performance_schema.replication_applier_status";
    cluster.writer().wait_for(state, "OFF", PATIENCE).await.unwrap();
    assert_eq!(cluster.writer().value(count).await.unwrap().as_deref(), Some("3"));
    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    cluster.sql("CALL mysql.rds_start_replication").await.unwrap();
    cluster.writer().wait_for(count, "4", PATIENCE).await.unwrap();

    // A source whose log is gone.
    refused(&cluster, "CALL mysql.rds_next_master_log(1)", "1644").await;
    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    estate.primary.rows("FLUSH BINARY LOGS").await.unwrap();
    estate.primary.rows("FLUSH BINARY LOGS").await.unwrap();
    estate
        .primary
        .rows("PURGE BINARY LOGS TO 'binlog.000003'")
        .await
        .unwrap();
    cluster.sql("CALL mysql.rds_start_replication").await.unwrap();
    let gone = "SELECT last_error_number FROM performance_schema.replication_connection_status";
    cluster.writer().wait_for(gone, "13114", PATIENCE).await.unwrap();
    cluster.sql("CALL mysql.rds_next_source_log(2)").await.unwrap();
    estate.sql("INSERT INTO t VALUES (5)").await.unwrap();
    cluster.writer().wait_for(count, "5", PATIENCE).await.unwrap();

    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    cluster.sql("CALL mysql.rds_reset_external_master").await.unwrap();
}

#[tokio::test]
async fn one_transaction_is_skipped_by_its_gtid() {
    let Some((sandbox, cluster)) = cluster(AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    let estate = Estate::start(&sandbox, EstateOptions::new(ServerKind::Mysql97).gtid(true))
        .await
        .unwrap();
    let (port, user, password) = (
        estate.primary.port(),
        estate.replicator.name(),
        estate.replicator.password(),
    );
    let executed = estate
        .primary
        .value("SELECT @@gtid_executed")
        .await
        .unwrap()
        .unwrap();
    cluster
        .sql(&format!("CALL mysql.rds_gtid_purged('+{executed}')"))
        .await
        .unwrap();
    cluster
        .sql("CALL mysql.rds_set_binlog_source_ssl(1)")
        .await
        .unwrap();
    cluster
        .sql(&format!(
            "CALL mysql.rds_set_external_master_with_auto_position('127.0.0.1', {port}, '{user}', '{password}', 0)"
        ))
        .await
        .unwrap();
    estate.sql("CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
    let uuid = estate
        .primary
        .value("SELECT @@server_uuid")
        .await
        .unwrap()
        .unwrap();
    let last = |set: String| set.rsplit(['-', ':']).next().unwrap().to_owned();
    let created = last(
        estate
            .primary
            .value("SELECT @@gtid_executed")
            .await
            .unwrap()
            .unwrap(),
    );
    let until = format!("CALL mysql.rds_start_replication_until_gtid('{uuid}:{created}')");
    cluster.sql(&until).await.unwrap();
    cluster
        .writer()
        .wait_for("SELECT COUNT(*) FROM shop.t", "0", PATIENCE)
        .await
        .unwrap();
    estate.sql("INSERT INTO t VALUES (1)").await.unwrap();
    let unwanted = last(
        estate
            .primary
            .value("SELECT @@gtid_executed")
            .await
            .unwrap()
            .unwrap(),
    );
    estate.sql("INSERT INTO t VALUES (2)").await.unwrap();
    cluster
        .sql(&format!(
            "CALL mysql.rds_skip_transaction_with_gtid('{uuid}:{unwanted}')"
        ))
        .await
        .unwrap();
    cluster
        .writer()
        .wait_for("SELECT GROUP_CONCAT(id) FROM shop.t", "2", PATIENCE)
        .await
        .unwrap();
    cluster
        .sql("CALL mysql.rds_set_master_auto_position(0)")
        .await
        .unwrap();
    cluster
        .sql("CALL mysql.rds_set_source_auto_position(1)")
        .await
        .unwrap();
    cluster.sql("CALL mysql.rds_stop_replication").await.unwrap();
    cluster
        .sql("CALL mysql.rds_assign_gtids_to_anonymous_transactions('OFF')")
        .await
        .unwrap();
}

#[tokio::test]
async fn sessions_are_ended_by_procedure_but_not_those_of_the_service() {
    let Some((_sandbox, cluster)) = cluster(AuroraOptions::mysql().readers(1)).await else {
        return;
    };
    let service = "SELECT id FROM performance_schema.processlist WHERE user = 'rdsrepladmin'";
    let id = cluster.writer().value(service).await.unwrap().unwrap();
    refused(&cluster, &format!("CALL mysql.rds_kill({id})"), "1644").await;
    let sleeper = async { cluster.sql("SELECT SLEEP(60)").await };
    let killer = async {
        let question = "SELECT id FROM performance_schema.processlist WHERE info = 'SELECT SLEEP(60)'";
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            if let Some(id) = cluster.writer().value(question).await.unwrap() {
                return cluster.sql(&format!("CALL mysql.rds_kill({id})")).await.unwrap();
            }
            assert!(std::time::Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (slept, _) = tokio::join!(sleeper, killer);
    slept.unwrap_err();
}
