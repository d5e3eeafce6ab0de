//! `daybreak schema-check`, by an account with no more rights than are printed: every defect of a replica that a company is
//! likely to have is found by its name, on every kind of server that has replicas of its own.

use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Server, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list, run};
use crate::schema_check::{SHOP, assert_same, difference, summary};

/// A defect of a replica: the statement that plants it, and the kind, object and class of what is found.
type Defect = (&'static str, &'static [[&'static str; 3]]);

const DEFECTS: &[Defect] = &[
    (
        "ALTER TABLE goods DROP COLUMN note",
        &[["column", "shop.goods.note", "breaks_replication"]],
    ),
    (
        "ALTER TABLE goods ALTER COLUMN price SET DEFAULT 2.50",
        &[["column", "shop.goods.price", "breaks_the_application"]],
    ),
    (
        "ALTER TABLE goods DROP INDEX by_name",
        &[["index", "shop.goods.by_name", "breaks_the_application"]],
    ),
    (
        "DROP TRIGGER before_sale",
        &[["trigger", "shop.before_sale", "breaks_the_application"]],
    ),
    (
        "ALTER EVENT nightly ENABLE",
        &[["event", "shop.nightly", "breaks_replication"]],
    ),
    // In whose name a view reads.
    (
        "DROP USER keeper@'%'",
        &[
            ["definer", "'keeper'@'%'", "breaks_the_application"],
            ["account", "'keeper'@'%'", "breaks_replication"],
        ],
    ),
];

async fn on_replica(replica: &Server, statement: &str) {
    let (open, close) = match replica.kind() {
        ServerKind::Mysql97 => (
            "SET GLOBAL super_read_only = OFF; ",
            "; SET GLOBAL super_read_only = ON",
        ),
        _ => ("", ""),
    };
    run(
        replica,
        "shop",
        &format!("{open}SET SESSION sql_log_bin = 0; {statement}{close}"),
    )
    .await;
}

async fn defects_of_a_replica(kind: ServerKind) {
    let looking = Looking::new();
    let options = EstateOptions::new(kind)
        .gtid(kind == ServerKind::Mysql97)
        .replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    for statement in SHOP {
        run(primary, "shop", statement).await;
    }
    for statement in [
        "CREATE USER keeper@'%' IDENTIFIED BY 'Keep-er-1'",
        "GRANT SELECT ON shop.* TO keeper@'%'",
        "CREATE DEFINER = keeper@'%' VIEW kept AS SELECT id FROM goods",
    ] {
        run(primary, "shop", statement).await;
    }
    let login = looking.account(&estate, &["schema-check"], &[], "checks").await;
    run(primary, "shop", "CREATE TABLE last (id INT PRIMARY KEY)").await;
    let there =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'last'";
    replica
        .wait_for(there, "1", Duration::from_secs(30))
        .await
        .expect("it follows");
    assert_same(&looking.json(primary, &login, &["schema-check"], 0).await);

    let mut known = 0;
    for (statement, found) in DEFECTS {
        on_replica(replica, statement).await;
        let report = looking.json(primary, &login, &["schema-check"], 3).await;
        for [kind, object, class] in *found {
            let found = difference(&report, kind, object);
            assert_eq!(found["class"], *class, "{found}");
            let words = found["difference"].as_str().unwrap_or_default();
            assert!(
                words.contains(&format!("127.0.0.1:{}", replica.port())),
                "{found}"
            );
            assert_eq!(
                found["nodes"].as_object().map(serde_json::Map::len),
                Some(2),
                "{found}"
            );
        }
        known += found.len();
        assert_eq!(
            list(&report, "differences").len(),
            known,
            "{statement}: {:#?}",
            summary(&report)
        );
        assert_eq!(report["could_not_tell"], Value::Array(Vec::new()), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_a_replica_of_mysql_5_6() {
    defects_of_a_replica(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_a_replica_of_mysql_9_7() {
    defects_of_a_replica(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_a_replica_of_mariadb() {
    defects_of_a_replica(ServerKind::MariaDb1011).await;
}
