//! Which rows change is seen, complete up to the position stated.

use std::collections::BTreeSet;

use daybreak_model::{Position, RowRange};
use daybreak_sandbox::ServerKind;

use crate::ground::{lone, scope, sql};

async fn seen(kind: ServerKind, gtid: bool) {
    let Some((_sandbox, estate, server)) = lone(kind, gtid).await else {
        return;
    };
    let primary = &estate.primary;
    sql(
        primary,
        "shop",
        &[
            "CREATE TABLE numbered (id BIGINT UNSIGNED PRIMARY KEY, v INT)",
            "CREATE TABLE named (a VARCHAR(300) CHARACTER SET latin1 NOT NULL, b BINARY(4) NOT NULL, v INT, PRIMARY KEY (a, b))",
            "CREATE TABLE keyless (v INT)",
            "CREATE TABLE emptied (id INT PRIMARY KEY)",
            "CREATE DATABASE elsewhere",
            "CREATE TABLE elsewhere.t (id INT PRIMARY KEY)",
            "INSERT INTO numbered VALUES (1, 1)",
            "INSERT INTO emptied VALUES (1)",
        ],
    )
    .await;
    let shop = scope(&["shop"]);
    let log = server.log_end().await.unwrap();
    let mut changes = server.changes(&shop).await.unwrap();
    let (none, first) = changes.next().await.unwrap();
    assert_eq!(none, []);
    assert_eq!(matches!(first, Some(Position::Gtid(_))), gtid);
    sql(
        primary,
        "shop",
        &["INSERT INTO numbered VALUES (18446744073709551615, 1)"],
    )
    .await;
    let (found, _) = changes.next().await.unwrap();
    assert_eq!(found.len(), 1, "in the file where following began: {found:?}");
    sql(
        primary,
        "shop",
        &[
            "UPDATE numbered SET v = 2 WHERE id = 18446744073709551615",
            "INSERT INTO numbered VALUES (2, 2)",
            "UPDATE numbered SET id = 3 WHERE id = 2",
            "DELETE FROM numbered WHERE id = 1",
            "INSERT INTO named VALUES (x'E46C', x'0100', 1)",
            "INSERT INTO keyless VALUES (1)",
            "INSERT INTO elsewhere.t VALUES (1)",
            "FLUSH LOGS",
            "INSERT INTO numbered VALUES (5, 1)",
            "TRUNCATE TABLE emptied",
        ],
    )
    .await;
    let (found, position) = changes.next().await.unwrap();
    assert_ne!(position, first);
    assert_eq!(position, Some(server.position().await.unwrap()));
    let found: BTreeSet<String> = found
        .iter()
        .map(|change| {
            let key = change.key.as_ref().map_or("*".to_owned(), ToString::to_string);
            format!("{} {key}", change.table.name)
        })
        .collect();
    let expected = [
        "emptied *",
        "keyless *",
        "named 0xE46C, 0x01000000",
        "numbered 1",
        "numbered 18446744073709551615",
        "numbered 2",
        "numbered 3",
        "numbered 5",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
    // The same is seen by whoever comes later and begins there.
    let mut later = server.changes_since(&shop, &log).await.unwrap();
    let (found_later, position) = later.next().await.unwrap();
    assert_eq!(position, Some(server.position().await.unwrap()));
    let found_later: BTreeSet<String> = found_later
        .iter()
        .map(|change| {
            let key = change.key.as_ref().map_or("*".to_owned(), ToString::to_string);
            format!("{} {key}", change.table.name)
        })
        .collect();
    assert_eq!(found_later, found);
    later.close().await.unwrap();

    if kind == ServerKind::Mysql97 {
        // The rows of a compressed transaction are seen as soon as it is, be it the last.
        sql(
            primary,
            "shop",
            &["SET SESSION binlog_transaction_compression = ON; START TRANSACTION; INSERT INTO numbered VALUES (6, 1); \
               UPDATE numbered SET v = 2 WHERE id = 5; INSERT INTO keyless VALUES (2); COMMIT"],
        )
        .await;
        let (found, position) = changes.next().await.unwrap();
        assert_eq!(position, Some(server.position().await.unwrap()));
        let keys: BTreeSet<Option<String>> = found
            .iter()
            .map(|change| change.key.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(keys, [None, Some("5".to_owned()), Some("6".to_owned())].into());
        let (none, _) = changes.next().await.unwrap();
        assert_eq!(none, []);

        // Of a row whose JSON is logged in part the key is logged whole.
        sql(
            primary,
            "shop",
            &[
                "CREATE TABLE partial (id INT PRIMARY KEY, j JSON)",
                "INSERT INTO partial VALUES (7, JSON_OBJECT('a', REPEAT('x', 100), 'b', 1))",
            ],
        )
        .await;
        let mut later = server.changes(&shop).await.unwrap();
        later.next().await.unwrap();
        sql(
            primary,
            "shop",
            &["SET SESSION binlog_row_value_options = 'PARTIAL_JSON'; UPDATE partial SET j = JSON_SET(j, '$.b', 2)"],
        )
        .await;
        let (found, _) = later.next().await.unwrap();
        let keys: Vec<Option<String>> = found
            .iter()
            .map(|change| change.key.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(keys, [Some("7".to_owned())]);
        later.close().await.unwrap();
        sql(primary, "shop", &["DROP TABLE partial"]).await;
        changes.next().await.unwrap();
    }

    // Keys are those of the checker.
    let image = server
        .schema(&shop, &server.flavor().await.unwrap())
        .await
        .unwrap();
    let named = image
        .tables
        .iter()
        .find(|table| table.name.name == "named")
        .unwrap();
    let rows = server
        .checker()
        .await
        .unwrap()
        .rows(named, &RowRange::Whole, 10)
        .await
        .unwrap();
    assert_eq!(rows[0].key.to_string(), "0xE46C, 0x01000000");
    assert_eq!(changes.next().await.unwrap().0, []);
    changes.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mysql_97_with_gtid() {
    seen(ServerKind::Mysql97, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mysql_56() {
    seen(ServerKind::Mysql56, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    seen(ServerKind::MariaDb1011, false).await;
}

/// A follower of somebody else's, which gives no UUID: MySQL 5.6 then lists its replicas with a column too few.
#[tokio::test]
async fn a_follower_without_a_uuid_keeps_nobody_from_asking_who_the_server_is() {
    let Some((_sandbox, estate, server)) = lone(ServerKind::Mysql56, false).await else {
        return;
    };
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(estate.primary.port())
        .user(Some(estate.admin.name()))
        .pass(Some(estate.admin.password()))
        .prefer_socket(false);
    let follower = mysql_async::Conn::new(options).await.unwrap();
    let request = mysql_async::BinlogStreamRequest::new(77)
        .with_filename(b"binlog.000001")
        .with_pos(4);
    let stream = follower.get_binlog_stream(request).await.unwrap();
    let dumps = "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'";
    estate
        .primary
        .wait_for(dumps, "1", std::time::Duration::from_secs(10))
        .await
        .unwrap();
    assert_eq!(server.identity().await.unwrap().replicas, ["127.0.0.1:0"]);
    drop(stream);
}
