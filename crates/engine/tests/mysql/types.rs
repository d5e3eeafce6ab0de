//! Every type's values arrive exactly, and have the same digest on every server.

use std::sync::Arc;

use daybreak_engine::Database;
use daybreak_model::{RowRange, SchemaImage};
use daybreak_sandbox::ServerKind;

use crate::ground::{assert_same_rows, assert_same_schema, load, lone, pair, scope, sql};

/// Tables that every server since 5.6 takes, as one text of statements.
pub(crate) const COMMON: &str = include_str!("every_type.sql");

const MYSQL_97: &[&str] = &[
    "CREATE TABLE modern (id INT PRIMARY KEY, j JSON, gv INT GENERATED ALWAYS AS (id * 2) VIRTUAL, gs VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', id)) STORED, hidden INT INVISIBLE DEFAULT 7, \
     pg POINT SRID 4326, u4 VARCHAR(20) DEFAULT (CONCAT('a', 'b')), ts TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), CHECK (id > 0), CONSTRAINT named CHECK (id < 1000), KEY ((id + 1)), KEY ks (gs DESC), KEY kn (gv) INVISIBLE)",
    "INSERT INTO modern (id, j, pg, hidden) VALUES (1, '{\"a\": [1, 2.5, \"\\\\u00e4\\\\n\\\\t\\\\\\\\ \\\\\" x\", null, true], \"b\": {\"c\": 1e100}}', ST_GeomFromText('POINT(10 20)', 4326), 9), (2, NULL, NULL, NULL), (3, '\"\\\\\\\\N\"', NULL, 1), (4, 'null', NULL, 1), (5, '18446744073709551615', NULL, 2)",
    "INSERT INTO modern (id, j) VALUES (6, CAST(CAST('2026-01-01 00:00:00.000001' AS DATETIME(6)) AS JSON)), (7, CAST(x'0001FF' AS JSON)), (8, CAST(1.10 AS JSON))",
    "CREATE TABLE hidden_key (a INT INVISIBLE PRIMARY KEY AUTO_INCREMENT, b INT)",
    "INSERT INTO hidden_key (b) VALUES (1), (2)",
    "CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3))",
    "INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1,2,3.5]')), (2, NULL)",
];

const MARIADB: &[&str] = &[
    "CREATE TABLE modern (id INT PRIMARY KEY, j JSON, gv INT GENERATED ALWAYS AS (id * 2) VIRTUAL, gs VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', id)) PERSISTENT, hidden INT INVISIBLE DEFAULT 7, \
     t TEXT DEFAULT 'some', u CHAR(36) DEFAULT uuid(), c TIMESTAMP DEFAULT current_timestamp() ON UPDATE current_timestamp(), CHECK (id > 0), CONSTRAINT named CHECK (id < 1000))",
    "INSERT INTO modern (id, j, hidden) VALUES (1, '{\"a\":   [1, 2.5]}', 9), (2, NULL, 8)",
    "CREATE TABLE checked (id INT PRIMARY KEY, CHECK (id > 0)) ENGINE = InnoDB PAGE_CHECKSUM = 1",
    "INSERT INTO checked VALUES (1)",
];

async fn round_trip(kind: ServerKind, gtid: bool, more: &[&str]) {
    let Some(pair) = pair(kind, gtid).await else {
        return;
    };
    let database = ["CREATE DATABASE types CHARACTER SET latin1"];
    sql(&pair.estate.primary, "mysql", &database).await;
    run(&pair.source, &[&["USE types", COMMON], more].concat()).await;
    let types = scope(&["types"]);
    let (_, image) = load(&pair.source, &pair.target, &types).await;
    assert_same_rows(&pair.source, &pair.target, &image).await;
    assert_same_schema(&pair.target, &types, &image).await;
    assert_rows_by_key(&pair.source, &pair.target, &image).await;
    // Digests see what changes: each row of each table, in each column.
    sql(
        pair.cluster.writer(),
        "types",
        &[
            "UPDATE texts SET l1b = 'A' WHERE id = 1",
            "UPDATE numbers SET f = f + 1e-39 WHERE id = 3",
        ],
    )
    .await;
    for name in ["texts", "numbers"] {
        let table = image.tables.iter().find(|table| table.name.name == name).unwrap();
        for strong in [false, true] {
            let mut digests = Vec::new();
            for side in [&pair.source, &pair.target] {
                let mut checker = side.checker().await.unwrap();
                checker.hash_by(daybreak_engine::Hashing {
                    strong,
                    json_by_meaning: false,
                });
                digests.push(checker.chunk(table, &RowRange::Whole).await.unwrap());
            }
            assert_eq!(digests[0].rows, digests[1].rows);
            assert_ne!(digests[0].sum, digests[1].sum, "{name}");
            assert_eq!(strong, digests[0].second_sum != digests[1].second_sum, "{name}");
        }
    }
}

/// Runs statements on one session.
async fn run(server: &Arc<dyn Database>, statements: &[&str]) {
    let statements: Vec<_> = statements
        .iter()
        .map(|text| daybreak_engine::Statement {
            what: (*text).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    if let Err(error) = server.run(&statements).await {
        panic!("{error}: {:?}", error.source);
    }
}

async fn assert_rows_by_key(source: &Arc<dyn Database>, target: &Arc<dyn Database>, image: &SchemaImage) {
    let (mut left, mut right) = (source.checker().await.unwrap(), target.checker().await.unwrap());
    for table in image.tables.iter().filter(|table| table.key.is_some()) {
        let rows = left.rows(table, &RowRange::Whole, 1000).await.unwrap();
        assert_eq!(
            rows,
            right.rows(table, &RowRange::Whole, 1000).await.unwrap(),
            "{}",
            table.name
        );
        let keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
        let hashes: Vec<_> = rows.iter().map(|row| Some(row.hash)).collect();
        assert_eq!(
            right.rows_by_key(table, &keys).await.unwrap(),
            hashes,
            "{}",
            table.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mysql_97() {
    round_trip(ServerKind::Mysql97, true, MYSQL_97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mysql_56() {
    round_trip(ServerKind::Mysql56, false, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mariadb() {
    round_trip(ServerKind::MariaDb1011, false, MARIADB).await;
}

/// The same rows made by the same statements have the same digest on every server.
#[tokio::test(flavor = "multi_thread")]
async fn digests_agree_between_products() {
    let mut digests = Vec::new();
    for kind in [ServerKind::Mysql97, ServerKind::Mysql56, ServerKind::MariaDb1011] {
        let Some((_sandbox, estate, server)) = lone(kind, false).await else {
            return;
        };
        sql(
            &estate.primary,
            "mysql",
            &["CREATE DATABASE types CHARACTER SET latin1 COLLATE latin1_swedish_ci"],
        )
        .await;
        run(&server, &["USE types", "SET SESSION sql_mode = ''", COMMON]).await;
        let image = server
            .schema(&scope(&["types"]), &server.flavor().await.unwrap())
            .await
            .unwrap();
        let mut checker = server.checker().await.unwrap();
        for table in &image.tables {
            let digest = checker.chunk(table, &RowRange::Whole).await.unwrap();
            digests.push((table.name.clone(), digest));
        }
    }
    digests.sort_by(|left, right| left.0.cmp(&right.0));
    for same in digests.chunks(3) {
        assert_eq!(same[0], same[1]);
        assert_eq!(same[1], same[2]);
    }
}
