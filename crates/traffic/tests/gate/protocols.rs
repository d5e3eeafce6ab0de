//! What real drivers and servers say to each other is followed to its end: afterwards the connection is idle.
//!
//! These gates have no session list: a connection that was lost track of would count as a straggler.

use std::time::Duration;

use bytes::Bytes;
use daybreak_sandbox::ServerKind;
use daybreak_traffic::{HoldLimits, Stragglers, TrafficSwitch};
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt, stream};
use mysql_async::prelude::Queryable;
use tokio_postgres::types::ToSql;

use crate::application::Application;
use crate::ground::{Ground, PATIENCE};

/// Holds; true if everyone became idle in time.
async fn drains_in(ground: &Ground, drain: Duration) -> bool {
    let handle = ground.handle();
    handle
        .hold(HoldLimits {
            deadline: PATIENCE,
            drain,
            stragglers: Stragglers::Abort,
        })
        .await
        .unwrap();
    let drained = handle.drain().await;
    handle.release().await.unwrap();
    drained.is_ok()
}

async fn is_idle(ground: &Ground, after: &str) {
    assert!(
        drains_in(ground, Duration::from_secs(10)).await,
        "not idle after {after}"
    );
}

async fn is_busy(ground: &Ground, after: &str) {
    assert!(
        !drains_in(ground, Duration::from_millis(30)).await,
        "not busy after {after}"
    );
}

const LARGE: usize = 17 << 20;

async fn mysql(kind: ServerKind) {
    let settings = [("max_allowed_packet", "64M"), ("local_infile", "1")];
    let Some(mut ground) = Ground::with(kind, &settings).await else {
        return;
    };
    ground.start_gate(false).await;
    let Application::MySql(mut connection) = ground.connect().await else {
        panic!("{kind} is not a kind of MySQL")
    };
    is_idle(&ground, "a login").await;

    connection
        .query_drop("SELECT 1; DO 1; SELECT 2 UNION SELECT 3")
        .await
        .unwrap();
    is_idle(&ground, "several results").await;

    let sum: Vec<i64> = connection.exec("SELECT ? + 1", (41,)).await.unwrap();
    assert_eq!(sum, [42]);
    connection
        .exec_drop("INSERT INTO notes VALUES (?)", ("prepared",))
        .await
        .unwrap();
    is_idle(&ground, "prepared statements").await;

    connection.query_drop("SELECT nonsense").await.unwrap_err();
    connection
        .exec_drop("INSERT INTO notes VALUES (?)", ("prepared",))
        .await
        .unwrap_err();
    is_idle(&ground, "errors").await;

    connection.query_drop("SET autocommit = 0").await.unwrap();
    is_idle(&ground, "switching autocommit off").await;
    connection
        .query_drop("INSERT INTO notes VALUES ('implicit')")
        .await
        .unwrap();
    is_busy(&ground, "a statement without autocommit").await;
    connection.query_drop("COMMIT").await.unwrap();
    connection.query_drop("SET autocommit = 1").await.unwrap();
    is_idle(&ground, "a commit without autocommit").await;

    connection
        .query_drop("START TRANSACTION READ ONLY")
        .await
        .unwrap();
    is_busy(&ground, "a read-only transaction").await;
    connection.query_drop("ROLLBACK").await.unwrap();
    is_idle(&ground, "a rollback").await;

    let length: Option<usize> = connection
        .query_first(format!("SELECT LENGTH('{}')", "x".repeat(LARGE)))
        .await
        .unwrap();
    assert_eq!(length, Some(LARGE));
    let select = format!("SELECT REPEAT('x', {LARGE}), 1");
    let body: Option<(String, u8)> = connection.query_first(&select).await.unwrap();
    assert_eq!(body.unwrap().0.len(), LARGE);
    let body: Option<(String, u8)> = connection.exec_first(&select, ()).await.unwrap();
    assert_eq!(body.unwrap().0.len(), LARGE);
    is_idle(&ground, "values of 17 MB").await;

    connection.set_infile_handler(async {
        Ok(stream::iter([
            Ok(Bytes::from_static(b"first\n")),
            Ok(Bytes::from_static(b"second\n")),
        ])
        .boxed())
    });
    connection
        .query_drop("LOAD DATA LOCAL INFILE 'lines' INTO TABLE notes")
        .await
        .unwrap();
    is_idle(&ground, "a file").await;

    connection.ping().await.unwrap();
    connection.reset().await.unwrap();
    is_idle(&ground, "a reset").await;
    connection
        .change_user(mysql_async::ChangeUserOpts::default())
        .await
        .unwrap();
    is_idle(&ground, "a change of user").await;
    connection.query_drop("SELECT 1").await.unwrap();
    connection.disconnect().await.unwrap();
    ground.until("its end", |status| status.connected == 0).await;
}

#[tokio::test]
async fn mysql_9_7() {
    mysql(ServerKind::Mysql97).await;
}

#[tokio::test]
async fn mysql_5_6() {
    mysql(ServerKind::Mysql56).await;
}

#[tokio::test]
async fn mariadb_10_11() {
    mysql(ServerKind::MariaDb1011).await;
}

async fn postgres(major: u8) {
    let Some(mut ground) = Ground::new(ServerKind::Postgres(major)).await else {
        return;
    };
    ground.start_gate(false).await;
    let Application::Postgres {
        mut client,
        connection,
    } = ground.connect().await
    else {
        panic!("it is PostgreSQL {major}")
    };
    is_idle(&ground, "a login").await;

    client
        .batch_execute("SELECT 1; SELECT generate_series(1, 1000)")
        .await
        .unwrap();
    is_idle(&ground, "a query of two statements").await;

    assert_eq!(
        client.query("SELECT $1::int + 1", &[&41]).await.unwrap()[0].get::<_, i32>(0),
        42
    );
    is_idle(&ground, "the extended protocol").await;

    let statement = client.prepare("SELECT $1::text").await.unwrap();
    let bodies: Vec<String> = (0..100).map(|n| format!("{n}").repeat(1000)).collect();
    let parameters: Vec<[&(dyn ToSql + Sync); 1]> = bodies.iter().map(|body| [body as _]).collect();
    let pipelined = join_all(parameters.iter().map(|one| client.query_one(&statement, one))).await;
    for (row, body) in pipelined.into_iter().zip(&bodies) {
        assert_eq!(row.unwrap().get::<_, &str>(0), body);
    }
    is_idle(&ground, "a pipeline").await;

    client.batch_execute("nonsense").await.unwrap_err();
    client.query("SELECT 1 / $1::int", &[&0]).await.unwrap_err();
    is_idle(&ground, "errors").await;

    client.batch_execute("BEGIN").await.unwrap();
    is_busy(&ground, "BEGIN").await;
    client.batch_execute("nonsense").await.unwrap_err();
    is_busy(&ground, "an error in a transaction").await;
    client.batch_execute("ROLLBACK").await.unwrap();
    is_idle(&ground, "a rollback").await;

    let transaction = client.transaction().await.unwrap();
    let portal = transaction
        .bind("SELECT generate_series(1, 100)", &[])
        .await
        .unwrap();
    assert_eq!(transaction.query_portal(&portal, 10).await.unwrap().len(), 10);
    is_busy(&ground, "a portal").await;
    transaction.commit().await.unwrap();
    is_idle(&ground, "a portal's transaction").await;

    let copy = client.copy_in("COPY notes FROM STDIN").await.unwrap();
    let mut copy = Box::pin(copy);
    copy.send(Bytes::from_static(b"first\n")).await.unwrap();
    is_busy(&ground, "half a copy").await;
    copy.send(Bytes::from_static(b"second\n")).await.unwrap();
    assert_eq!(copy.as_mut().finish().await.unwrap(), 2);
    is_idle(&ground, "a copy into the server").await;

    let mut copy = Box::pin(client.copy_in::<_, Bytes>("COPY big FROM STDIN").await.unwrap());
    copy.send(Bytes::from_static(b"not a number\n")).await.unwrap();
    copy.as_mut().finish().await.unwrap_err();
    is_idle(&ground, "a copy that failed").await;
    drop(client.copy_in::<_, Bytes>("COPY notes FROM STDIN").await.unwrap());
    is_idle(&ground, "a copy that was given up").await;

    let rows: Vec<_> = client
        .copy_out("COPY notes TO STDOUT")
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(rows.len(), 2);
    is_idle(&ground, "a copy out of the server").await;

    let large: String = client
        .query_one("SELECT repeat('x', $1)", &[&(LARGE as i32)])
        .await
        .unwrap()
        .get(0);
    let length: i32 = client
        .query_one("SELECT length($1)", &[&large])
        .await
        .unwrap()
        .get(0);
    assert_eq!(length as usize, LARGE);
    client
        .batch_execute("LISTEN news; NOTIFY news; DO 'BEGIN RAISE NOTICE $$x$$; END'")
        .await
        .unwrap();
    is_idle(&ground, "values of 17 MB, a notification and a notice").await;

    drop(client);
    connection.await.unwrap().unwrap();
    ground.until("its end", |status| status.connected == 0).await;
}

#[tokio::test]
async fn postgres_13() {
    postgres(13).await;
}

#[tokio::test]
async fn postgres_15() {
    postgres(15).await;
}

#[tokio::test]
async fn postgres_18() {
    postgres(18).await;
}
