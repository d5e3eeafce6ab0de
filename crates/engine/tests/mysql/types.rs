//! Every type's values arrive exactly, and have the same digest on every server.

use std::sync::Arc;

use daybreak_engine::Database;
use daybreak_model::{RowRange, SchemaImage};
use daybreak_sandbox::ServerKind;

use crate::ground::{assert_same_rows, assert_same_schema, load, lone, pair, scope, sql};

/// Tables that every server since 5.6 takes.
pub(crate) const COMMON: &[&str] = &[
    "SET NAMES utf8mb4",
    "CREATE TABLE numbers (id INT UNSIGNED NOT NULL PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED, \
     i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, z INT(8) UNSIGNED ZEROFILL, d DECIMAL(65,30), d0 DECIMAL(10,0), f FLOAT, fm FLOAT(7,4), g DOUBLE, gm DOUBLE(10,2), \
     bit1 BIT(1), bit64 BIT(64), y YEAR, bool BOOL)",
    "INSERT INTO numbers VALUES \
     (0, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 0, -99999999999999999999999999999999999.999999999999999999999999999999, -9999999999, -3.402823e38, -999.9999, -1.7976931348623157e308, -99999999.99, b'0', b'0', 0, 0), \
     (1, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 42, 99999999999999999999999999999999999.999999999999999999999999999999, 9999999999, 3.402823e38, 999.9999, 1.7976931348623157e308, 99999999.99, b'1', ~0, 2155, 1), \
     (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), \
     (3, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0.000000000000000000000000000001, 0, 1.1754943e-38, 0.1001, 2.2250738585072014e-308, 0.1, 0, 9223372036854775808, 1901, 0), \
     (4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 1, 0.1, 1.2346, 0.1, 1.01, b'1', 10, 1970, 1), \
     (5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 1, 16777217, 3.1416, 1e15, 123456.78, b'1', 2651, 2000, 1), \
     (6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1.1754943e-38, -0.0001, -2.2250738585072014e-308, 0, b'1', 10, 1970, 1), \
     (7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1.1e-45, 0, 4.9406564584124654e-324, 0, b'1', 10, 1970, 1), \
     (8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -123456.789, 0, -123456789.12345679, 0, b'1', 10, 1970, 1), \
     (4294967295, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 99999999, 1, 1, 1.17, 1.17, 1e-7, 1.17, b'1', 92, 2026, 1)",
    "CREATE TABLE moments (id INT PRIMARY KEY, d DATE, t TIME, t6 TIME(6), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL, tz TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00')",
    "INSERT INTO moments VALUES \
     (1, '0000-00-00', '-838:59:59', '-838:59:59', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'), \
     (2, '9999-12-31', '838:59:59', '838:59:59.000000', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999', '1970-01-01 00:00:01'), \
     (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-03-29 01:30:00'), \
     (4, '2026-00-00', '00:00:00', '-00:00:00.000001', '2026-02-00', '1000-01-01 00:00:00.000001', '2026-10-25 00:30:00', '2026-10-25 01:30:00.5', '2026-10-25 02:30:00')",
    "CREATE TABLE texts (id INT PRIMARY KEY, l1 VARCHAR(50) CHARACTER SET latin1, l1b CHAR(10) CHARACTER SET latin1 COLLATE latin1_bin, u3 VARCHAR(50) CHARACTER SET utf8, u4 VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, \
     uc CHAR(20) CHARACTER SET ucs2, u16 VARCHAR(20) CHARACTER SET utf16, u32 VARCHAR(20) CHARACTER SET utf32, sj VARCHAR(20) CHARACTER SET sjis, gb VARCHAR(20) CHARACTER SET gbk, bi BINARY(5), vb VARBINARY(300), \
     tt TINYTEXT CHARACTER SET latin1, tx TEXT CHARACTER SET utf16, mt MEDIUMTEXT, lt LONGTEXT CHARACTER SET utf8mb4, tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB) DEFAULT CHARSET latin1",
    "INSERT INTO texts VALUES \
     (1, x'E4F6FC80', 'a', x'C3A4E282AC', x'F09F8C85', _ucs2 x'00E420AC', _utf16 x'D83CDF05', _utf32 x'0001F305', x'8341815C', x'C4E3815C', x'0000', x'00090A5C4E0D1A2722', 'a\\tb\\nc\\\\N', _utf16 x'005C000A0009D83CDF05', '', x'F09F8C85', x'', x'00', x'5C4E', x'FF00FE'), \
     (2, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''), \
     (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), \
     (4, 'NULL', '\\\\N', 'NULL', '\\\\', 'x', 'y', 'z', 'w', 'v', 'NULL', '\\\\N', 'trailing  ', 'trailing  ', '\\'\"`', 'a\\0b', '\\n', '\\t', '\\r\\n', '\\\\')",
    "INSERT INTO texts (id, vb, lb, mt) SELECT 5, REPEAT(x'00FF5C0A', 75), REPEAT(x'5C090A00FF', 300000), REPEAT('\\\\\\n', 100000)",
    "CREATE TABLE choices (id INT PRIMARY KEY, e ENUM('a','b,c','it''s') CHARACTER SET latin1, ee ENUM('','x'), e16 ENUM('q','w') CHARACTER SET utf16, s SET('a','b','c d') CHARACTER SET utf8)",
    "SET SESSION sql_mode = ''",
    "INSERT IGNORE INTO choices VALUES (1, 'a', '', 'q', 'a,c d'), (2, 'nothing', 'x', 'w', ''), (3, 'it''s', 'nothing', 'nothing', 'b'), (4, NULL, NULL, NULL, NULL), (5, 'b,c', 'x', 'q', 'a,b,c d')",
    "CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, o POLYGON)",
    "INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(-1.5 1e-10)'), ST_GeomFromText('LINESTRING(0 0,1 1,2 2)'), ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,7 5,7 7,5 7,5 5))')), \
     (2, NULL, ST_GeomFromText('POINT(0 0)'), NULL, NULL), (3, ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(2 2,3 3))'), ST_GeomFromText('POINT(9 9)'), NULL, NULL)",
    "CREATE TABLE keyless (a INT, b VARCHAR(9))",
    "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (2, '')",
    "CREATE TABLE one_text (t TEXT)",
    "INSERT INTO one_text VALUES (''), (NULL), ('x'), ('\\n')",
    "CREATE TABLE `we\"ird ta'ble; drop` (`ke``y` INT PRIMARY KEY, `select` INT, `ün ï` VARCHAR(9), `a b`  INT, KEY `in dex` (`select`, `a b`)) COMMENT='it''s; a \\\\ comment'",
    "INSERT INTO `we\"ird ta'ble; drop` VALUES (1, 2, 'x', 3)",
    "CREATE TABLE empty_one (id INT PRIMARY KEY)",
    // The largest value of the first is stored as the FLOAT next to it, which is larger.
    "CREATE TABLE rounded (id INT PRIMARY KEY, f FLOAT(10,3), fu FLOAT(10,3) UNSIGNED, d DOUBLE(20,5))",
    "INSERT INTO rounded VALUES (1, 9999999.999, 9999999.999, 999999999999999.99999), (2, -9999999.999, 0, -999999999999999.99999), \
     (3, NULL, NULL, NULL), (4, 0.1, 0.1, 0.1)",
];

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
    let statements = [&["CREATE DATABASE types CHARACTER SET latin1"], COMMON, more].concat();
    let mut script = vec!["USE types"];
    script.extend(&statements[1..]);
    sql(&pair.estate.primary, "mysql", &statements[..1]).await;
    run(&pair.source, &script).await;
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
        let mut script = vec!["USE types", "SET SESSION sql_mode = ''"];
        script.extend(COMMON);
        run(&server, &script).await;
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
