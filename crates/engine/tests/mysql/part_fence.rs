//! A fence around some tables of a server: it closes those, keeps no commit from being acknowledged that was under way, and leaves
//! the others alone.

use std::time::Duration;

use daybreak_engine::database_part;
use daybreak_model::{Part, Scope, TableName, WriteState};
use daybreak_sandbox::ServerKind;
use mysql_async::prelude::Queryable;

use crate::ground::{application, attempt, lone, sql};

fn part(tables: &[&str]) -> Part {
    Part {
        name: "orders".to_owned(),
        tables: tables
            .iter()
            .map(|table| TableName::new("shop", *table))
            .collect(),
    }
}

async fn closes_its_tables_alone(kind: ServerKind) {
    let Some((_sandbox, estate, server)) = lone(kind, false).await else {
        return;
    };
    let (primary, app) = (&estate.primary, &estate.app);
    let hostile = "it's a `table`";
    sql(
        primary,
        "shop",
        &[
            "CREATE TABLE t (id INT PRIMARY KEY)",
            "CREATE TABLE `it's a ``table``` (id INT PRIMARY KEY)",
            "CREATE TABLE other (id INT PRIMARY KEY)",
        ],
    )
    .await;
    let part = part(&["t", hostile]);
    let scope = Scope {
        part: Some(part.clone()),
        ..Scope::of(vec!["shop".to_owned()])
    };
    let shared = database_part(server.endpoint().clone(), Some(part.clone()));
    assert_eq!(shared.write_state().await.unwrap(), WriteState::Writable);
    assert!(shared.fence(&scope).await.is_err(), "nothing was prepared");
    // A table that a transaction uses is waited for, and whoever comes meanwhile goes on.
    let mut busy = application(&estate).await;
    busy.query_drop("START TRANSACTION").await.unwrap();
    busy.query_drop("SELECT * FROM t").await.unwrap();
    let preparing = {
        let (shared, scope) = (std::sync::Arc::clone(&shared), scope.clone());
        tokio::spawn(async move { shared.prepare_fence(&scope).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut other = application(&estate).await;
    other
        .query_drop("SET SESSION lock_wait_timeout = 3")
        .await
        .unwrap();
    for _ in 0..20 {
        other
            .query_drop("DELETE FROM t WHERE id = 77")
            .await
            .expect("it is held back for moments only");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert!(!preparing.is_finished(), "the transaction is waited for");
    busy.query_drop("COMMIT").await.unwrap();
    preparing.await.unwrap().unwrap();
    shared.prepare_fence(&scope).await.unwrap();
    assert_eq!(shared.write_state().await.unwrap(), WriteState::Writable);
    assert!(
        shared.prove_fence().await.is_err(),
        "an open part proves no fence"
    );
    attempt(primary, app, "shop", "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let flavor = shared.flavor().await.unwrap();
    let image = server
        .schema(&Scope::of(vec!["shop".to_owned()]), &flavor)
        .await
        .unwrap();
    assert!(
        !image
            .objects
            .iter()
            .any(|object| object.name.contains("daybreak")),
        "no image of a schema holds the fence: {:?}",
        image.objects
    );

    // A transaction that has written is waited for, and may commit.
    let mut open = application(&estate).await;
    open.query_drop("START TRANSACTION").await.unwrap();
    open.query_drop("INSERT INTO t VALUES (2)").await.unwrap();
    let closing = {
        let (shared, scope) = (std::sync::Arc::clone(&shared), scope.clone());
        tokio::spawn(async move { shared.fence(&scope).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!closing.is_finished(), "the fence waits");
    open.query_drop("INSERT INTO t VALUES (3)").await.unwrap();
    open.query_drop("COMMIT").await.unwrap();
    closing.await.unwrap().unwrap();
    shared.fence(&scope).await.unwrap();
    assert_eq!(shared.write_state().await.unwrap(), WriteState::Fenced);
    assert_eq!(server.write_state().await.unwrap(), WriteState::Writable);
    let refused = open
        .query_drop("INSERT INTO t VALUES (4)")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("read-only") && refused.contains("orders"),
        "{refused}"
    );
    for statement in [
        "UPDATE t SET id = 9 WHERE id = 1",
        "DELETE FROM t",
        "REPLACE INTO t VALUES (1)",
        "INSERT INTO `it's a ``table``` VALUES (1)",
    ] {
        assert_eq!(
            attempt(primary, app, "shop", statement).await,
            Err("1290".to_owned()),
            "{statement}"
        );
        assert_eq!(
            attempt(primary, &estate.admin, "shop", statement).await,
            Err("1290".to_owned()),
            "the administrator: {statement}"
        );
    }
    attempt(primary, app, "shop", "INSERT INTO other VALUES (1)")
        .await
        .unwrap();
    let proof = shared.prove_fence().await.unwrap();
    assert!(proof.refusal.contains("1290"), "{proof:?}");

    // Another process, after a restart; then a hole.
    primary.restart().await.unwrap();
    let other = database_part(server.endpoint().clone(), Some(part.clone()));
    assert_eq!(other.write_state().await.unwrap(), WriteState::Fenced);
    assert!(other.prove_fence().await.unwrap().refusal.contains("1290"));
    other.disarm_fence().await.unwrap();
    assert_eq!(
        other.write_state().await.unwrap(),
        WriteState::Fenced,
        "a closed one stays"
    );
    let wider = database_part(
        server.endpoint().clone(),
        Some(Part {
            tables: [part.tables.clone(), [TableName::new("shop", "other")].into()]
                .into_iter()
                .flatten()
                .collect(),
            ..part.clone()
        }),
    );
    assert!(
        matches!(wider.write_state().await.unwrap(), WriteState::Partly(which) if which.contains("shop.other"))
    );
    other.open(&scope).await.unwrap();
    other.open(&scope).await.unwrap();
    assert_eq!(other.write_state().await.unwrap(), WriteState::Writable);
    attempt(primary, app, "shop", "INSERT INTO t VALUES (4)")
        .await
        .unwrap();
    other.disarm_fence().await.unwrap();
    let ask = "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_NAME LIKE 'daybreak%'";
    let left = primary.rows_in("shop", ask).await.unwrap();
    assert_eq!(left[0][0].as_deref(), Some("0"));
    attempt(primary, app, "shop", "INSERT INTO t VALUES (5)")
        .await
        .unwrap();
    let rows = primary
        .rows_in("shop", "SELECT GROUP_CONCAT(id ORDER BY id) FROM t")
        .await
        .unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("1,2,3,4,5"));
    let narrower = Part {
        tables: [TableName::new("shop", "t")].into(),
        ..part.clone()
    };
    other.prepare_fence(&scope).await.unwrap();
    let narrower = database_part(server.endpoint().clone(), Some(narrower));
    let refused = narrower.prepare_fence(&scope).await.unwrap_err().to_string();
    assert!(
        refused.contains("would be fenced with it") && refused.contains(hostile),
        "{refused}"
    );
    let absent = Part {
        tables: [TableName::new("shop", "gone")].into(),
        ..part
    };
    let absent = database_part(server.endpoint().clone(), Some(absent))
        .prepare_fence(&scope)
        .await;
    assert!(absent.unwrap_err().to_string().contains("no table shop.gone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_its_tables_alone_on_mysql_97() {
    closes_its_tables_alone(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_its_tables_alone_on_mysql_56() {
    closes_its_tables_alone(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_its_tables_alone_on_mariadb() {
    closes_its_tables_alone(ServerKind::MariaDb1011).await;
}
