//! The stand-in's cluster parameters and endpoints behave as Aurora's.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use daybreak_sandbox::{Apply, AuroraOptions, AuroraStandIn, EndpointMembers, Sandbox, available};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};

async fn cluster(options: AuroraOptions) -> Option<AuroraStandIn> {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    available(AuroraStandIn::start(&sandbox, options).await)
}

async fn shows(cluster: &AuroraStandIn, statement: &str) -> Option<String> {
    cluster.sql(statement).await.unwrap().remove(0).remove(0)
}

#[tokio::test]
async fn mysql_parameters_are_dynamic_static_or_not_to_be_modified() {
    let Some(cluster) = cluster(AuroraOptions::mysql()).await else {
        return;
    };
    assert_eq!(
        cluster.set_parameter("time_zone", "+02:00").await.unwrap(),
        Apply::Dynamic
    );
    assert_eq!(
        shows(&cluster, "SELECT @@time_zone").await.as_deref(),
        Some("+02:00")
    );
    assert!(cluster.pending_reboot().is_empty());

    assert_eq!(
        cluster
            .set_parameter("enforce_gtid_consistency", "ON")
            .await
            .unwrap(),
        Apply::Static
    );
    assert_eq!(
        cluster.set_parameter("gtid-mode", "ON").await.unwrap(),
        Apply::Static
    );
    assert_eq!(
        shows(&cluster, "SELECT @@gtid_mode").await.as_deref(),
        Some("OFF"),
        "not before the reboot"
    );
    assert_eq!(cluster.pending_reboot().len(), 2);
    cluster.reboot_writer().await.unwrap();
    assert_eq!(shows(&cluster, "SELECT @@gtid_mode").await.as_deref(), Some("ON"));
    assert_eq!(
        shows(&cluster, "SELECT @@time_zone").await.as_deref(),
        Some("+02:00")
    );
    assert!(cluster.pending_reboot().is_empty());

    cluster.set_parameter("binlog_format", "OFF").await.unwrap();
    cluster.reboot_writer().await.unwrap();
    assert_eq!(shows(&cluster, "SELECT @@log_bin").await.as_deref(), Some("0"));
    cluster.set_parameter("binlog_format", "ROW").await.unwrap();
    cluster.reboot_writer().await.unwrap();
    assert_eq!(shows(&cluster, "SELECT @@log_bin").await.as_deref(), Some("1"));

    for locked in ["lower_case_table_names", "server_id", "no_such_parameter"] {
        cluster.set_parameter(locked, "1").await.unwrap_err();
    }
    cluster
        .set_parameter("require_secure_transport", "ON")
        .await
        .unwrap();
    let plain = Conn::new(Opts::from_url(&cluster.admin_url()).unwrap())
        .await
        .unwrap_err();
    assert!(plain.to_string().contains("3159"), "{plain}");
}

#[tokio::test]
async fn postgresql_logical_replication_wants_a_reboot() {
    let options = AuroraOptions::postgres(17).setting("rds.logical_replication", "0");
    let Some(cluster) = cluster(options).await else {
        return;
    };
    assert_eq!(
        shows(&cluster, "SHOW wal_level").await.as_deref(),
        Some("replica")
    );
    assert_eq!(
        shows(&cluster, "SHOW rds.logical_replication").await.as_deref(),
        Some("off")
    );
    assert_eq!(
        cluster
            .set_parameter("rds.logical_replication", "1")
            .await
            .unwrap(),
        Apply::Static
    );
    assert_eq!(
        shows(&cluster, "SHOW wal_level").await.as_deref(),
        Some("replica")
    );
    cluster.reboot_writer().await.unwrap();
    assert_eq!(
        shows(&cluster, "SHOW wal_level").await.as_deref(),
        Some("logical")
    );
    assert_eq!(
        shows(&cluster, "SHOW rds.logical_replication").await.as_deref(),
        Some("on")
    );

    assert_eq!(
        cluster.set_parameter("work_mem", "8MB").await.unwrap(),
        Apply::Dynamic
    );
    cluster
        .writer()
        .wait_for("SHOW work_mem", "8MB", Duration::from_secs(10))
        .await
        .unwrap();
    cluster.set_parameter("wal_level", "logical").await.unwrap_err();
    cluster.set_parameter("rds.force_ssl", "1").await.unwrap();
    let url = cluster.admin_url();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_ok() {
        assert!(
            std::time::Instant::now() < deadline,
            "connections without TLS still pass"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The server ports that new connections to a port of an endpoint reach.
async fn reached(cluster: &AuroraStandIn, port: u16) -> BTreeSet<u16> {
    let url = cluster
        .writer()
        .url_through(port, &cluster.admin, &cluster.database);
    let mut ports = BTreeSet::new();
    for _ in 0..6 {
        // Left to itself the driver goes on by the local socket.
        let options = OptsBuilder::from_opts(Opts::from_url(&url).unwrap()).prefer_socket(false);
        let mut connection = Conn::new(options).await.unwrap();
        ports.insert(connection.query_first("SELECT @@port").await.unwrap().unwrap());
        connection.disconnect().await.unwrap();
    }
    ports
}

#[tokio::test]
async fn endpoints_lead_to_who_is_what() {
    let Some(cluster) = cluster(AuroraOptions::mysql().tiers(&[0, 0, 15])).await else {
        return;
    };
    let port = |name: &str| cluster.instance(name).unwrap().port();
    let members = EndpointMembers::Static(vec!["aurora-2".into(), "aurora-3".into()]);
    let custom = cluster.add_endpoint("reports", members).await.unwrap();
    assert_eq!(
        reached(&cluster, cluster.cluster_port()).await,
        [port("aurora-1")].into()
    );
    let readers: BTreeSet<u16> = [port("aurora-2"), port("aurora-3")].into();
    assert_eq!(reached(&cluster, cluster.reader_port()).await, readers);
    assert_eq!(reached(&cluster, custom).await, readers);

    cluster.failover(Some("aurora-2")).await.unwrap();
    assert_eq!(
        reached(&cluster, cluster.cluster_port()).await,
        [port("aurora-2")].into()
    );
    assert_eq!(
        reached(&cluster, cluster.reader_port()).await,
        [port("aurora-1"), port("aurora-3")].into(),
        "the old writer is a reader now"
    );
    assert_eq!(
        reached(&cluster, custom).await,
        [port("aurora-3")].into(),
        "no writer behind a reader endpoint"
    );
    cluster.failover(Some("aurora-2")).await.unwrap_err();
}

#[tokio::test]
async fn the_reader_endpoint_of_a_lone_writer_leads_to_it() {
    let Some(cluster) = cluster(AuroraOptions::mysql()).await else {
        return;
    };
    assert_eq!(
        reached(&cluster, cluster.reader_port()).await,
        [cluster.writer().port()].into()
    );
}
