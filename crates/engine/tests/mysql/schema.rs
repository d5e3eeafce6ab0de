//! Every kind of object is made on the target as it is at the source, and what cannot be made is refused by name.

use std::sync::Arc;

use daybreak_engine::{Database, Statement};
use daybreak_model::{ObjectKind, Phase};
use daybreak_sandbox::ServerKind;

use crate::ground::{assert_same_rows, assert_same_schema, load, lone, pair, scope, sql};

/// Objects that every server since 5.6 takes; each entry is one statement on one session.
const COMMON: &[&str] = &[
    "CREATE DATABASE `ob``jects` CHARACTER SET utf8 COLLATE utf8_bin",
    "CREATE DATABASE other CHARACTER SET latin1",
    "USE `ob``jects`",
    "CREATE TABLE parent (id INT NOT NULL AUTO_INCREMENT, code VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL, PRIMARY KEY (id), UNIQUE KEY by_code (code)) ENGINE=InnoDB AUTO_INCREMENT=1000 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='it''s (a) parent, isn''t it'",
    "CREATE TABLE child (id BIGINT NOT NULL, parent_id INT, other_id INT, body TEXT, PRIMARY KEY (id), KEY (parent_id), FULLTEXT KEY words (body), CONSTRAINT `fk 1;` FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE other.outside (id INT PRIMARY KEY)",
    "ALTER TABLE child ADD CONSTRAINT fk2 FOREIGN KEY (other_id) REFERENCES other.outside (id)",
    "CREATE TABLE counted (a INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, PRIMARY KEY (a), KEY (n)) AUTO_INCREMENT = 50",
    "CREATE TABLE composite (a VARCHAR(20) NOT NULL, b DATETIME NOT NULL, c INT, PRIMARY KEY (a, b), KEY (c, a(5)))",
    "CREATE TABLE parted (id INT NOT NULL, d DATE NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE COMMENT = 'late')",
    "CREATE TABLE listed (id INT NOT NULL, k VARCHAR(5) NOT NULL) PARTITION BY LIST COLUMNS (k) (PARTITION a VALUES IN ('a', 'b,c)'), PARTITION b VALUES IN ('d'))",
    "CREATE TABLE compact (id INT PRIMARY KEY, t VARCHAR(10)) ROW_FORMAT=COMPACT STATS_PERSISTENT=0",
    "CREATE TABLE audit (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(50))",
    "INSERT INTO parent (code) VALUES ('a'), ('bö')",
    "INSERT INTO other.outside VALUES (1)",
    "INSERT INTO child VALUES (1, 1000, 1, 'some words'), (2, 1001, NULL, NULL)",
    "INSERT INTO parted VALUES (1, '2019-01-01'), (2, '2026-01-01')",
    "INSERT INTO listed VALUES (1, 'a'), (2, 'd')",
    "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
    "CREATE FUNCTION joined(a VARCHAR(20) CHARACTER SET latin1, b INT) RETURNS VARCHAR(60) CHARACTER SET utf8 DETERMINISTIC RETURN a || '-' || b",
    "SET SESSION sql_mode = ''",
    "CREATE DEFINER = 'nobody'@'%' PROCEDURE `a; proc`(IN a INT, OUT b INT) COMMENT 'does it' BEGIN DECLARE c INT DEFAULT 'ä' = 'x'; /* ; */ SET b = a + c; END",
    "CREATE PROCEDURE plain() SELECT COUNT(*) FROM parent",
    "CREATE TRIGGER z_first BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = CONCAT(NEW.code, '!')",
    "CREATE TRIGGER after_it AFTER DELETE ON parent FOR EACH ROW BEGIN INSERT INTO audit (what) VALUES (CONCAT('gone: ', OLD.code)); END",
    "CREATE TRIGGER quoted BEFORE UPDATE ON parent FOR EACH ROW SET NEW.code = REPLACE(NEW.code, '''', 'it''s \\\\ \\n; FOR EACH ROW')",
    "CREATE VIEW z_base (n, `the code`) AS SELECT id, code FROM parent WHERE code <> '(`' ORDER BY id",
    "CREATE SQL SECURITY INVOKER VIEW m_middle AS SELECT n, joined(`the code`, n) AS j FROM z_base",
    "CREATE ALGORITHM = MERGE VIEW a_last AS SELECT m.n, p.code FROM m_middle m JOIN parent p ON p.id = m.n WHERE m.n > 0 WITH CASCADED CHECK OPTION",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' ON COMPLETION PRESERVE ENABLE COMMENT 'wake; me' DO BEGIN DELETE FROM audit; END",
    "CREATE EVENT asleep ON SCHEDULE AT '2037-01-01 00:00:00' DISABLE DO DELETE FROM audit",
];

async fn run(server: &Arc<dyn Database>, statements: &[&str]) {
    let list: Vec<_> = statements
        .iter()
        .map(|text| Statement {
            what: (*text).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    if let Err(error) = server.run(&list).await {
        panic!("{error}: {:?}", error.source);
    }
}

async fn every_object(kind: ServerKind, more: &[&str]) {
    let Some(pair) = pair(kind, false).await else {
        return;
    };
    run(&pair.source, &[COMMON, more].concat()).await;
    // Views are used by their definer, so accounts are carried over before them.
    let definer = [
        "CREATE USER IF NOT EXISTS 'admin'@'%'",
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, EVENT, EXECUTE ON *.* TO 'admin'@'%'",
    ];
    sql(pair.cluster.writer(), "mysql", &definer).await;
    let both = scope(&["ob`jects", "other"]);
    let (_, image) = load(&pair.source, &pair.target, &both).await;
    assert_same_rows(&pair.source, &pair.target, &image).await;
    assert_same_schema(&pair.target, &both, &image).await;
    for kind in [
        ObjectKind::Schema,
        ObjectKind::Table,
        ObjectKind::Index,
        ObjectKind::ForeignKey,
        ObjectKind::Routine,
        ObjectKind::View,
        ObjectKind::Trigger,
        ObjectKind::Event,
    ] {
        assert!(image.objects.iter().any(|object| object.kind == kind), "{kind:?}");
    }

    // Counters go on, views and routines work, events sleep until they are woken.
    let writer = pair.cluster.writer();
    let next = pair.target.identity_values(&both).await.unwrap();
    let source_next = pair.source.identity_values(&both).await.unwrap();
    assert_eq!(
        pair.target.raise_identity_values(&source_next).await.unwrap(),
        0,
        "{next:?}"
    );
    sql(
        writer,
        "ob`jects",
        &[
            "SELECT * FROM a_last",
            "CALL plain()",
            "INSERT INTO parent (code) VALUES ('new')",
        ],
    )
    .await;
    let triggered = writer
        .rows_in("ob`jects", "SELECT id, code FROM parent ORDER BY id DESC LIMIT 1")
        .await
        .unwrap();
    assert_eq!(triggered[0], [Some("1002".to_owned()), Some("new!".to_owned())]);
    let events = "SELECT CONCAT(EVENT_NAME, ' ', STATUS) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'ob`jects' ORDER BY 1";
    let rows = writer.rows(events).await.unwrap();
    assert_eq!(
        rows,
        [
            [Some("asleep DISABLED".to_owned())],
            [Some("nightly DISABLED".to_owned())]
        ]
    );
    for object in &image.objects {
        for text in &object.enable {
            let statement = Statement {
                what: "wake".to_owned(),
                text: text.clone(),
            };
            pair.target.run(&[statement]).await.unwrap();
        }
    }
    let rows = writer.rows(events).await.unwrap();
    assert_eq!(
        rows,
        [
            [Some("asleep DISABLED".to_owned())],
            [Some("nightly ENABLED".to_owned())]
        ]
    );
    assert_same_schema(&pair.target, &both, &image).await;

    // What differs is seen.
    sql(
        writer,
        "ob`jects",
        &["ALTER TABLE composite MODIFY c BIGINT", "DROP TRIGGER after_it"],
    )
    .await;
    let there = pair
        .target
        .schema(&both, &pair.target.flavor().await.unwrap())
        .await
        .unwrap();
    let definition = |image: &daybreak_model::SchemaImage, name: &str| {
        image
            .objects
            .iter()
            .find(|object| object.name == name)
            .map(|object| object.definition.clone())
    };
    assert_ne!(
        definition(&image, "ob`jects.composite"),
        definition(&there, "ob`jects.composite")
    );
    assert_eq!(definition(&there, "ob`jects.after_it"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_from_mysql_97() {
    every_object(
        ServerKind::Mysql97,
        &[
            "CREATE TRIGGER a_second BEFORE INSERT ON parent FOR EACH ROW FOLLOWS z_first SET NEW.code = CONCAT(NEW.code, '')",
            "CREATE TABLE expressed (id INT PRIMARY KEY, a VARCHAR(20), j JSON, KEY by_lower ((LOWER(a))), KEY members ((CAST(j->'$.list' AS UNSIGNED ARRAY))), KEY hidden (a) INVISIBLE, KEY downwards (a DESC, id))",
            "CREATE TABLE placed (id INT PRIMARY KEY, p POINT NOT NULL SRID 0, SPATIAL KEY (p))",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_from_mysql_56() {
    every_object(ServerKind::Mysql56, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_from_mariadb() {
    every_object(ServerKind::MariaDb1011, &[]).await;
}

/// Indexes of a large table are built after its rows, by one statement; what rows need stays. The server samples all pages:
/// from the twenty of its default it guessed 56,000 to 94,000 rows in forty tries, and what counts as large is 50,000.
#[tokio::test(flavor = "multi_thread")]
async fn large_tables_get_their_indexes_later() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    sql(
        &pair.estate.primary,
        "shop",
        &[
            "CREATE TABLE large (k VARCHAR(40) NOT NULL, n INT NOT NULL AUTO_INCREMENT, a INT, b INT, t TEXT, UNIQUE KEY main (k), KEY counts (n), KEY by_a (a), KEY by_b (b, a), FULLTEXT KEY words (t)) STATS_SAMPLE_PAGES = 10000",
            "INSERT INTO large (k, a, b, t) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT /*+ SET_VAR(cte_max_recursion_depth = 100000) */ i + 1 FROM n WHERE i < 1000) SELECT CONCAT(x.i, '-', y.i), x.i, y.i, 'word' FROM n x JOIN n y ON y.i <= 70",
            "ANALYZE TABLE large",
        ],
    )
    .await;
    let shop = scope(&["shop"]);
    let (_, image) = load(&pair.source, &pair.target, &shop).await;
    let later: Vec<_> = image
        .objects
        .iter()
        .filter(|object| object.phase == Phase::AfterRows)
        .map(|object| (object.name.as_str(), object.create.len()))
        .collect();
    assert_eq!(
        later,
        [
            ("shop.large.by_a", 1),
            ("shop.large.by_b", 0),
            ("shop.large.words", 1)
        ]
    );
    assert_eq!(assert_same_rows(&pair.source, &pair.target, &image).await, 70_000);
    assert_same_schema(&pair.target, &shop, &image).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_is_named() {
    let Some((_sandbox, estate, server)) = lone(ServerKind::MariaDb1011, false).await else {
        return;
    };
    sql(
        &estate.primary,
        "shop",
        &[
            "CREATE SEQUENCE numbers",
            "CREATE TABLE versioned (id INT PRIMARY KEY) WITH SYSTEM VERSIONING",
            "CREATE TABLE typed (id INT PRIMARY KEY, a INET6, u UUID)",
            "CREATE TABLE sorted (id INT PRIMARY KEY, t VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci)",
            "CREATE TABLE kept (id INT PRIMARY KEY) ENGINE = Aria",
            "CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM",
            "CREATE TABLE fine (id INT PRIMARY KEY)",
            "CREATE TABLE counted (id DOUBLE AUTO_INCREMENT PRIMARY KEY)",
            "CREATE TABLE made (a INT AS (1) STORED)",
            "CREATE TABLE ticked (id INT PRIMARY KEY, up INT, CONSTRAINT `a``b` FOREIGN KEY (up) REFERENCES ticked (id))",
            "CREATE VIEW broken AS SELECT id FROM fine",
            "ALTER TABLE fine RENAME COLUMN id TO id2",
        ],
    )
    .await;
    let mut target = server.flavor().await.unwrap();
    target.product = daybreak_model::Product::Mysql;
    target.version = daybreak_model::Version::new(8, 4, 0);
    let image = server.schema(&scope(&["shop"]), &target).await.unwrap();
    let mut refused: Vec<_> = image
        .refusals
        .iter()
        .map(|refusal| refusal.object.as_str())
        .collect();
    refused.sort_unstable();
    assert_eq!(
        refused,
        [
            "column shop.counted.id",
            "column shop.sorted.t",
            "column shop.typed.a",
            "column shop.typed.u",
            "sequence shop.numbers",
            "table shop.kept",
            "table shop.made",
            "table shop.old",
            "table shop.ticked",
            "table shop.versioned",
            "view shop.broken",
        ]
    );
    assert!(image.refusals.iter().all(|refusal| !refusal.hint.is_empty()));
}
