//! The fence closes every path, and opening takes all of it back.

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, database};
use daybreak_model::{IdentityValue, TableName, WriteState};
use daybreak_sandbox::{Login, Server, ServerKind};
use mysql_async::prelude::Queryable;

use crate::ground::{application, attempt, lone, pair, scope, sql};

const COUNTED: &str = "CREATE TABLE shop.counted (id INT AUTO_INCREMENT PRIMARY KEY)";

async fn raise_behind_the_fence(server: &Arc<dyn Database>) {
    let value = IdentityValue {
        object: TableName::new("shop", "counted"),
        next: 1_000,
        increment: 1,
    };
    for raised in [1, 0] {
        let values = std::slice::from_ref(&value);
        assert_eq!(server.raise_identity_values(values).await.unwrap(), raised);
    }
}

async fn assert_counts_on(server: &Server, login: &Login) {
    attempt(server, login, "shop", "INSERT INTO counted VALUES ()")
        .await
        .unwrap();
    let rows = server.rows_in("shop", "SELECT id FROM counted").await.unwrap();
    assert_eq!(rows, [[Some("1000".to_owned())]]);
}

async fn closes_every_path(kind: ServerKind) {
    let Some((_sandbox, estate, server)) = lone(kind, false).await else {
        return;
    };
    let (primary, app, shop) = (&estate.primary, &estate.app, scope(&["shop"]));
    sql(primary, "shop", &["CREATE TABLE t (id INT PRIMARY KEY)", COUNTED]).await;
    assert_eq!(server.write_state().await.unwrap(), WriteState::Writable);

    // A transaction that has written when the fence closes must not be acknowledged afterwards.
    let mut open = application(&estate).await;
    open.query_drop("START TRANSACTION").await.unwrap();
    open.query_drop("INSERT INTO t VALUES (1)").await.unwrap();
    let sessions = server.sessions().await.unwrap();
    let writing = sessions
        .iter()
        .find(|session| session.id == u64::from(open.id()))
        .unwrap();
    assert!(
        writing.in_transaction && writing.may_have_written && !writing.ours,
        "{writing:?}"
    );
    assert!(writing.transaction_seconds < 60.0, "{writing:?}");
    assert!(writing.client_port.is_some());
    assert_eq!(
        sessions
            .iter()
            .filter(|session| session.user == app.name())
            .count(),
        1
    );

    server.prepare_fence(&shop).await.unwrap();
    server.prepare_fence(&shop).await.unwrap();
    assert_eq!(server.write_state().await.unwrap(), WriteState::Writable);
    assert!(
        server.prove_fence().await.is_err(),
        "an open server proves no fence"
    );
    server.stay_fenced_after_restart().await.unwrap();
    assert_eq!(server.write_state().await.unwrap(), WriteState::Writable);
    server.fence(&shop).await.unwrap();
    server.fence(&shop).await.unwrap();
    assert_eq!(server.write_state().await.unwrap(), WriteState::Fenced);
    let refused = open.query_drop("COMMIT").await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    assert_eq!(
        attempt(primary, app, "shop", "INSERT INTO t VALUES (2)").await,
        Err("1290".to_owned())
    );
    assert_eq!(
        attempt(primary, app, "shop", "CREATE TABLE u (id INT)").await,
        Err("1290".to_owned())
    );
    let proof = server.prove_fence().await.unwrap();
    assert!(proof.refusal.contains("1290"), "{proof:?}");
    drop(open);
    let rows = primary.rows_in("shop", "SELECT COUNT(*) FROM t").await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("0"));

    // Another process, which prepared nothing, proves it as well.
    let other = database(server.endpoint().clone());
    if kind == ServerKind::Mysql97 {
        assert!(other.prove_fence().await.unwrap().refusal.contains("1290"));
        // A restart comes up fenced.
        primary.restart().await.unwrap();
        assert_eq!(other.write_state().await.unwrap(), WriteState::Fenced);
    }
    // Counters are raised behind the fence, so that the first write after it has its value.
    raise_behind_the_fence(&other).await;
    assert_eq!(
        attempt(primary, app, "shop", "INSERT INTO counted VALUES ()").await,
        Err("1290".to_owned())
    );
    other.open(&shop).await.unwrap();
    other.open(&shop).await.unwrap();
    assert_eq!(other.write_state().await.unwrap(), WriteState::Writable);
    assert_counts_on(primary, app).await;
    attempt(primary, app, "shop", "INSERT INTO t VALUES (3)")
        .await
        .unwrap();
    if kind == ServerKind::Mysql97 {
        primary.restart().await.unwrap();
        assert_eq!(other.write_state().await.unwrap(), WriteState::Writable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_every_path_of_mysql_97() {
    closes_every_path(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_every_path_of_mysql_56() {
    closes_every_path(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_every_path_of_mariadb() {
    closes_every_path(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aurora_writer_is_fenced_by_procedure() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    let (target, writer, shop) = (&pair.target, pair.cluster.writer(), scope(&["shop"]));
    assert!(target.flavor().await.unwrap().is_managed());
    assert_eq!(
        target.fence_statements(),
        ["CALL mysql.rds_set_read_only(1)"].map(str::to_owned)
    );
    sql(
        writer,
        "mysql",
        &[
            "CREATE TABLE shop.t (id INT PRIMARY KEY)",
            COUNTED,
            "CREATE USER plain IDENTIFIED BY 'Plain-1'",
            "GRANT ALL ON shop.* TO plain",
        ],
    )
    .await;
    let plain = daybreak_sandbox::Login::new("plain", "Plain-1");
    target.prepare_fence(&shop).await.unwrap();
    target.fence(&shop).await.unwrap();
    assert_eq!(
        attempt(writer, &plain, "shop", "INSERT INTO t VALUES (1)").await,
        Err("1290".to_owned())
    );
    assert!(target.prove_fence().await.unwrap().refusal.contains("1290"));
    let other = database(target.endpoint().clone());
    assert!(other.prove_fence().await.unwrap().refusal.contains("1290"));
    raise_behind_the_fence(&other).await;
    assert_eq!(other.write_state().await.unwrap(), WriteState::Fenced);
    other.open(&shop).await.unwrap();
    assert_counts_on(writer, &plain).await;
    attempt(writer, &plain, "shop", "INSERT INTO t VALUES (1)")
        .await
        .unwrap();

    // Sessions end; those that are gone are no error.
    let long = writer.rows_as(&plain, "shop", "SELECT SLEEP(60)");
    let end = async {
        loop {
            let sessions = target.sessions().await.unwrap();
            if let Some(session) = sessions
                .iter()
                .find(|session| session.user == "plain" && session.in_transaction)
            {
                target.kill(&[session.id]).await.unwrap();
                target.kill(&[session.id]).await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(long, end) })
        .await
        .unwrap();
    assert!(ended.is_err());
}
