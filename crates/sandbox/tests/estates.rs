//! Estates replicate for real.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, available};

const PATIENCE: Duration = Duration::from_secs(30);

async fn replicates(options: EstateOptions) -> Option<Estate> {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let estate = available(Estate::start(&sandbox, options.replicas(2)).await)?;
    estate
        .sql("CREATE TABLE orders (id INT PRIMARY KEY, what VARCHAR(20))")
        .await
        .unwrap();
    estate
        .sql("INSERT INTO orders VALUES (1, 'tea'), (2, 'rice')")
        .await
        .unwrap();
    for replica in &estate.replicas {
        let deadline = std::time::Instant::now() + PATIENCE;
        let question = "SELECT COUNT(*) FROM orders";
        loop {
            let answer = replica.rows_as(&estate.app, &estate.database, question).await;
            if answer
                .as_ref()
                .is_ok_and(|rows| rows[0][0].as_deref() == Some("2"))
            {
                break;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{}: {answer:?}",
                replica.name()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let refused = replica
            .rows_as(
                &estate.app,
                &estate.database,
                "INSERT INTO orders VALUES (3, 'salt')",
            )
            .await
            .unwrap_err();
        assert!(["1290", "25006"].contains(&refused.code().unwrap()), "{refused}");
    }
    Some(estate)
}

/// A replica that lost its power goes on where it was.
async fn goes_on_after_a_power_cut(estate: &Estate) {
    let replica = &estate.replicas[0];
    replica.kill_hard().await.unwrap();
    estate.sql("INSERT INTO orders VALUES (4, 'oil')").await.unwrap();
    replica.start().await.unwrap();
    let question = "SELECT COUNT(*) FROM shop.orders";
    replica.wait_for(question, "3", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn mysql_9_7_with_gtid() {
    let Some(estate) = replicates(EstateOptions::new(ServerKind::Mysql97).gtid(true)).await else {
        return;
    };
    assert_eq!(
        estate
            .primary
            .value("SELECT @@gtid_mode")
            .await
            .unwrap()
            .as_deref(),
        Some("ON")
    );
    goes_on_after_a_power_cut(&estate).await;
}

#[tokio::test]
async fn mysql_9_7_by_file_and_position() {
    let Some(estate) = replicates(EstateOptions::new(ServerKind::Mysql97)).await else {
        return;
    };
    assert_eq!(
        estate
            .primary
            .value("SELECT @@gtid_mode")
            .await
            .unwrap()
            .as_deref(),
        Some("OFF")
    );
    goes_on_after_a_power_cut(&estate).await;
}

#[tokio::test]
async fn mysql_5_6() {
    let Some(estate) = replicates(EstateOptions::new(ServerKind::Mysql56)).await else {
        return;
    };
    let nameless = "SELECT COUNT(*) FROM mysql.user WHERE User = ''";
    assert_eq!(
        estate.primary.value(nameless).await.unwrap().as_deref(),
        Some("0")
    );
    goes_on_after_a_power_cut(&estate).await;
}

#[tokio::test]
async fn mariadb_10_11() {
    let Some(estate) = replicates(EstateOptions::new(ServerKind::MariaDb1011).gtid(true)).await else {
        return;
    };
    goes_on_after_a_power_cut(&estate).await;
}

#[tokio::test]
async fn postgresql_13() {
    replicates(EstateOptions::new(ServerKind::Postgres(13))).await;
}

#[tokio::test]
async fn postgresql_15() {
    replicates(EstateOptions::new(ServerKind::Postgres(15))).await;
}

#[tokio::test]
async fn postgresql_17() {
    replicates(EstateOptions::new(ServerKind::Postgres(17)).require_tls(true)).await;
}
