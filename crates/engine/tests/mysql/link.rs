//! Faults of replication are told apart and explained; what cannot work is refused before anything is changed.

use std::time::{Duration, Instant};

use daybreak_engine::{Replication, replication};
use daybreak_model::ReplicationFault;
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, ServerKind, available};

use crate::ground::{endpoint, link, load, pair, running, sandbox, scope, sql};

async fn fault(link: &dyn Replication) -> ReplicationFault {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let status = link.status().await.unwrap();
        let stopped = !(status.receiving && status.applying);
        match status.fault {
            Some(fault) if stopped => return fault,
            fault => assert!(
                Instant::now() < deadline,
                "not stopped by a fault within 30 s: {fault:?}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_explained() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    let (primary, writer) = (&pair.estate.primary, pair.cluster.writer());
    let shop = scope(&["shop"]);
    sql(
        primary,
        "shop",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET latin1)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        ],
    )
    .await;
    let forward = replication(
        pair.source.endpoint().clone(),
        pair.target.endpoint().clone(),
        link(true),
    );
    let mut shown = forward.prepare_statements();
    shown.extend(forward.start_statements());
    assert!(
        shown
            .iter()
            .all(|(_, statement)| !statement.text.contains("Rep1-")),
        "{shown:?}"
    );
    forward.prepare(&shop).await.unwrap();
    let (position, _) = load(&pair.source, &pair.target, &shop).await;
    forward.start(Some(&position)).await.unwrap();
    running(&*forward).await;

    for (break_it, write, code, mend) in [
        (
            "DELETE FROM t WHERE id = 1",
            "UPDATE t SET v = 'c' WHERE id = 1",
            "1032",
            "INSERT INTO t VALUES (1, 'a')",
        ),
        (
            "INSERT INTO t VALUES (3, 'x')",
            "INSERT INTO t VALUES (3, 'y')",
            "1062",
            "DELETE FROM t WHERE id = 3",
        ),
        (
            "ALTER TABLE t MODIFY v VARCHAR(20) CHARACTER SET utf8mb4",
            "INSERT INTO t VALUES (4, 'y')",
            "13146",
            "ALTER TABLE t MODIFY v VARCHAR(20) CHARACTER SET latin1",
        ),
    ] {
        sql(writer, "shop", &[break_it]).await;
        sql(primary, "shop", &[write]).await;
        let fault = fault(&*forward).await;
        assert_eq!(fault.code, code, "{fault:?}");
        // The applier's own words, and not where to look for them.
        assert!(!fault.message.contains("performance_schema"), "{fault:?}");
        let position = pair.source.position().await.unwrap();
        let error = forward
            .wait_for(&position, Duration::from_secs(20))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&fault.meaning), "{error}");
        assert_eq!(error.hint(), Some(fault.hint.as_str()));
        sql(writer, "shop", &[mend]).await;
        forward.start(None).await.unwrap();
        forward
            .wait_for(&position, Duration::from_secs(20))
            .await
            .unwrap();
    }

    forward.stop().await.unwrap();
    forward.stop().await.unwrap();
    let status = forward.status().await.unwrap();
    assert!(
        status.configured && !status.receiving && status.lag_seconds.is_none(),
        "{status:?}"
    );
    forward.remove().await.unwrap();
    forward.remove().await.unwrap();
    assert!(!forward.status().await.unwrap().configured);

    // Logs that are gone.
    sql(
        primary,
        "shop",
        &[
            "INSERT INTO t VALUES (5, 'lost')",
            "FLUSH BINARY LOGS",
            "PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY",
        ],
    )
    .await;
    forward.start(Some(&position)).await.unwrap();
    let fault = fault(&*forward).await;
    assert_eq!(fault.code, "13114", "{fault:?}");
    assert!(fault.meaning.contains("purged"), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_changed_is_explained() {
    let Some(pair) = pair(ServerKind::Mysql97, false).await else {
        return;
    };
    let shop = scope(&["shop"]);
    let forward = replication(
        pair.source.endpoint().clone(),
        pair.target.endpoint().clone(),
        link(false),
    );
    forward.prepare(&shop).await.unwrap();
    sql(
        &pair.estate.primary,
        "mysql",
        &["ALTER USER daybreak_repl IDENTIFIED BY 'Another-1'"],
    )
    .await;
    let position = pair.source.position().await.unwrap();
    forward.start(Some(&position)).await.unwrap();
    let first = fault(&*forward).await;
    assert_eq!(first.code, "1045", "{first:?}");
    forward.prepare(&shop).await.unwrap();
    running(&*forward).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_replicate_is_refused() {
    for (kind, forward_words, back_words) in [
        (ServerKind::Mysql56, None, "older"),
        (ServerKind::MariaDb1011, Some("MariaDB"), "MariaDB"),
    ] {
        let Some(pair) = pair(kind, false).await else {
            return;
        };
        let forward = replication(
            pair.source.endpoint().clone(),
            pair.target.endpoint().clone(),
            link(false),
        );
        let refusal = forward.refusal().await.unwrap();
        match forward_words {
            Some(words) => assert!(refusal.unwrap().reason.contains(words)),
            None => assert_eq!(refusal, None),
        }
        let back = replication(
            pair.target.endpoint().clone(),
            pair.source.endpoint().clone(),
            link(false),
        );
        let refusal = back.refusal().await.unwrap().unwrap();
        assert!(refusal.reason.contains(back_words), "{refusal:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_go_together_are_refused() {
    let sandbox = sandbox();
    let Some(same) = available(
        Estate::start(
            &sandbox,
            EstateOptions::new(ServerKind::Mysql97).setting("binlog_row_image", "MINIMAL"),
        )
        .await,
    ) else {
        return;
    };
    let Some(gtid) = available(AuroraStandIn::start(&sandbox, AuroraOptions::mysql().gtid(true)).await)
    else {
        return;
    };
    let (left, right) = (
        endpoint("source", &same.admin_url()),
        endpoint("target", &gtid.admin_url()),
    );
    let refusal = replication(left.clone(), right.clone(), link(false))
        .refusal()
        .await
        .unwrap()
        .unwrap();
    assert!(
        refusal.reason.contains("binlog_row_image = MINIMAL"),
        "{refusal:?}"
    );
    sql(&same.primary, "mysql", &["SET GLOBAL binlog_row_image = FULL"]).await;
    let refusal = replication(left.clone(), right.clone(), link(true))
        .refusal()
        .await
        .unwrap()
        .unwrap();
    assert!(refusal.reason.contains("gtid_mode"), "{refusal:?}");
    assert_eq!(
        replication(left.clone(), right.clone(), link(false))
            .refusal()
            .await
            .unwrap(),
        None
    );
    let id = gtid.writer().value("SELECT @@server_id").await.unwrap().unwrap();
    sql(&same.primary, "mysql", &[&format!("SET GLOBAL server_id = {id}")]).await;
    let refusal = replication(left.clone(), right, link(false))
        .refusal()
        .await
        .unwrap()
        .unwrap();
    assert!(refusal.reason.contains("server_id"), "{refusal:?}");
    let itself = replication(left.clone(), left, link(false))
        .refusal()
        .await
        .unwrap()
        .unwrap();
    assert!(itself.reason.contains("same server"), "{itself:?}");
}

/// Changes without GTIDs flow into a target that has them, and replicas and roles are seen.
#[tokio::test(flavor = "multi_thread")]
async fn an_estate_is_seen_as_it_is() {
    let sandbox = sandbox();
    let Some(estate) = available(
        Estate::start(
            &sandbox,
            EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1),
        )
        .await,
    ) else {
        return;
    };
    let primary = daybreak_engine::database(endpoint("primary", &estate.admin_url()));
    let replica_url = estate.replicas[0].url(&estate.admin, "shop");
    let replica = daybreak_engine::database(endpoint("replica", &replica_url));
    let (one, other) = (
        primary.identity().await.unwrap(),
        replica.identity().await.unwrap(),
    );
    assert_eq!(one.role, daybreak_engine::Role::Primary);
    assert_eq!(other.role, daybreak_engine::Role::Replica);
    assert_ne!(one.unique_id, other.unique_id);
    assert_eq!(one.replicas.len(), 1, "{one:?}");
    assert!(
        one.replicas[0].ends_with(&format!(":{}", estate.replicas[0].port())),
        "{one:?}"
    );
    assert_eq!(one.follows, None);
    assert!(
        other
            .follows
            .unwrap()
            .ends_with(&format!(":{}", estate.primary.port()))
    );
    assert!(one.gtid && one.cannot_be_followed.is_none());
    assert!(one.clock_offset_ms.abs() < 2_000, "{one:?}");
    assert_eq!(primary.schemas().await.unwrap(), ["shop"].map(str::to_owned));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_gtid_feeds_a_target_with_it() {
    let ground = sandbox();
    let Some(estate) = available(Estate::start(&ground, EstateOptions::new(ServerKind::Mysql97)).await)
    else {
        return;
    };
    let source = daybreak_engine::database(endpoint("source", &estate.admin_url()));
    let options = AuroraOptions::mysql()
        .gtid(true)
        .setting("log_bin_trust_function_creators", "1");
    let Some(cluster) = available(AuroraStandIn::start(&ground, options).await) else {
        return;
    };
    let target = daybreak_engine::database(endpoint("target", &cluster.admin_url()));
    sql(
        &estate.primary,
        "shop",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))",
            "INSERT INTO t VALUES (1, 'ä')",
        ],
    )
    .await;
    let shop = scope(&["shop"]);
    let forward = replication(source.endpoint().clone(), target.endpoint().clone(), link(false));
    assert_eq!(forward.refusal().await.unwrap(), None);
    forward.prepare(&shop).await.unwrap();
    let (position, image) = load(&source, &target, &shop).await;
    forward.start(Some(&position)).await.unwrap();
    sql(
        &estate.primary,
        "shop",
        &[
            "INSERT INTO t VALUES (2, 'b')",
            "UPDATE t SET v = 'c' WHERE id = 1",
        ],
    )
    .await;
    forward
        .wait_for(&source.position().await.unwrap(), Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(crate::ground::assert_same_rows(&source, &target, &image).await, 2);
}

/// MySQL 5.6 logs nothing that such a target could take.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_source_without_gtid_is_refused_by_a_target_with_it() {
    let ground = sandbox();
    let Some(estate) = available(Estate::start(&ground, EstateOptions::new(ServerKind::Mysql56)).await)
    else {
        return;
    };
    let options = AuroraOptions::mysql().gtid(true);
    let Some(cluster) = available(AuroraStandIn::start(&ground, options).await) else {
        return;
    };
    let (source, target) = (
        endpoint("source", &estate.admin_url()),
        endpoint("target", &cluster.admin_url()),
    );
    let refusal = replication(source, target, link(false))
        .refusal()
        .await
        .unwrap()
        .unwrap();
    assert!(refusal.reason.contains("gtid_mode = ON"), "{refusal:?}");
    assert!(refusal.hint.contains("OFF_PERMISSIVE"), "{refusal:?}");
}
