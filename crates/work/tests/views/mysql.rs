//! Views of every source are carried and recognised, however each server prints what it parsed.

use std::sync::Arc;

use daybreak_engine::Database;
use daybreak_model::{ObjectKind, Position, SchemaObject, Scope};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind, available};
use daybreak_work::{LoadError, LoadSettings, Observe, Silent, load, take_over};

use crate::{at, run};

/// What a view may compute. Servers print many of them under another name, or in another form, than they were written.
const EXPRESSIONS: &[&str] = &[
    // Strings.
    "UCASE(s)",
    "LCASE(s)",
    "UPPER(s)",
    "LOWER(s)",
    "MID(s, 2, 3)",
    "SUBSTR(s FROM 2 FOR 3)",
    "SUBSTRING(s, 2)",
    "SUBSTRING_INDEX(s, '.', 1)",
    "CHAR_LENGTH(s)",
    "CHARACTER_LENGTH(s)",
    "OCTET_LENGTH(s)",
    "LENGTH(s)",
    "BIT_LENGTH(s)",
    "POSITION('a' IN s)",
    "LOCATE('a', s)",
    "INSTR(s, 'a')",
    "TRIM(s)",
    "TRIM(LEADING 'x' FROM s)",
    "TRIM(TRAILING FROM s)",
    "TRIM(BOTH 'x' FROM s)",
    "LTRIM(s)",
    "RTRIM(s)",
    "LEFT(s, 2)",
    "RIGHT(s, 2)",
    "LPAD(s, 5, '.')",
    "RPAD(s, 5, '.')",
    "REPEAT(s, 2)",
    "REVERSE(s)",
    "SPACE(3)",
    "REPLACE(s, 'a', 'b')",
    "INSERT(s, 1, 2, 'x')",
    "ELT(1, s, 'b')",
    "FIELD(s, 'a', 'b')",
    "FIND_IN_SET(s, 'a,b')",
    "MAKE_SET(1, 'a', 'b')",
    "EXPORT_SET(5, 'Y', 'N')",
    "CONCAT(s, 'x')",
    "CONCAT_WS(',', s, 'x')",
    "CHAR(77, 121)",
    "CHAR(77 USING utf8)",
    "ASCII(s)",
    "ORD(s)",
    "HEX(s)",
    "UNHEX('4D')",
    "BIN(i)",
    "OCT(i)",
    "CONV(i, 10, 16)",
    "FORMAT(f, 2)",
    "SOUNDEX(s)",
    "QUOTE(s)",
    "STRCMP(s, 'a')",
    "s LIKE 'a%'",
    "s NOT LIKE 'a!_%' ESCAPE '!'",
    "s REGEXP '^a'",
    "s NOT REGEXP '^a'",
    "s RLIKE 'a'",
    "s SOUNDS LIKE 'b'",
    "CONVERT(s USING utf8)",
    "CONVERT(s, CHAR(10))",
    "CAST(s AS CHAR(10) CHARACTER SET utf8)",
    "CAST(s AS BINARY)",
    "CAST(s AS BINARY(4))",
    "BINARY s",
    "s COLLATE utf8_bin",
    "CHARSET(s)",
    "COLLATION(s)",
    "COERCIBILITY(s)",
    "_utf8'x'",
    "_latin1'x'",
    "N'x'",
    "X'4D'",
    "0x4D",
    "b'101'",
    "'it''s \\\\ a \"string\"'",
    "\"double\"",
    "WEIGHT_STRING(s)",
    "TO_BASE64(s)",
    "FROM_BASE64(s)",
    "LOAD_FILE('/nowhere')",
    // Numbers.
    "ABS(i)",
    "CEIL(f)",
    "CEILING(f)",
    "FLOOR(f)",
    "ROUND(f)",
    "ROUND(f, 2)",
    "TRUNCATE(f, 1)",
    "MOD(i, 3)",
    "i MOD 3",
    "i % 3",
    "i DIV 3",
    "i / 3",
    "POW(i, 2)",
    "POWER(i, 2)",
    "SQRT(f)",
    "EXP(f)",
    "LN(f)",
    "LOG(f)",
    "LOG(2, f)",
    "LOG2(f)",
    "LOG10(f)",
    "SIGN(i)",
    "PI()",
    "SIN(f)",
    "COS(f)",
    "TAN(f)",
    "COT(f)",
    "ASIN(f)",
    "ACOS(f)",
    "ATAN(f)",
    "ATAN(f, 2)",
    "ATAN2(f, 2)",
    "DEGREES(f)",
    "RADIANS(f)",
    "CRC32(s)",
    "GREATEST(i, 2)",
    "LEAST(i, 2)",
    "-i",
    "+i",
    "!i",
    "NOT i",
    "~i",
    "i & 3",
    "i | 3",
    "i ^ 3",
    "i << 2",
    "i >> 2",
    "i + f - 2",
    "i * (f + 2)",
    "(i + f) * 2",
    "1.50",
    "1e10",
    "-1",
    "RAND()",
    "RAND(3)",
    "BIT_COUNT(i)",
    "CAST(f AS SIGNED)",
    "CAST(f AS SIGNED INTEGER)",
    "CAST(f AS UNSIGNED)",
    "CAST(f AS DECIMAL(10,2))",
    "CONVERT(f, DECIMAL)",
    "INET_ATON('10.0.0.1')",
    "INET_NTOA(i)",
    "INET6_ATON('::1')",
    "INET6_NTOA(s)",
    "IS_IPV4(s)",
    // Comparisons and logic.
    "i = 1",
    "i <> 1",
    "i != 1",
    "i <=> NULL",
    "i < 1",
    "i <= 1",
    "i BETWEEN 1 AND 3",
    "i NOT BETWEEN 1 AND 3",
    "i IN (1, 2)",
    "i NOT IN (1, 2)",
    "s IN ('a', 'b')",
    "i IS NULL",
    "i IS NOT NULL",
    "i IS TRUE",
    "i IS NOT FALSE",
    "i IS UNKNOWN",
    "ISNULL(i)",
    "IFNULL(i, 0)",
    "NULLIF(i, 0)",
    "COALESCE(i, f, 1)",
    "IF(i, 'a', 'b')",
    "CASE i WHEN 1 THEN 'a' ELSE 'b' END",
    "CASE WHEN i > 1 THEN 'a' WHEN f > 1 THEN 'b' END",
    "i AND f",
    "i && f",
    "i OR f",
    "i || f",
    "i XOR f",
    "(i, f) = (1, 2)",
    "INTERVAL(i, 1, 10)",
    "TRUE",
    "FALSE",
    "NULL",
    "EXISTS (SELECT 1 FROM t t2 WHERE t2.i = t.i)",
    "i IN (SELECT i FROM t t3)",
    "i = ANY (SELECT i FROM t t4)",
    "i > ALL (SELECT i FROM t t5)",
    "(SELECT MAX(i) FROM t t6)",
    // Dates.
    "NOW()",
    "CURRENT_TIMESTAMP",
    "CURRENT_TIMESTAMP()",
    "LOCALTIME",
    "LOCALTIMESTAMP()",
    "SYSDATE()",
    "CURDATE()",
    "CURRENT_DATE",
    "CURTIME()",
    "CURRENT_TIME",
    "NOW(3)",
    "UTC_TIMESTAMP()",
    "UTC_DATE()",
    "UTC_TIME()",
    "UNIX_TIMESTAMP()",
    "UNIX_TIMESTAMP(d)",
    "FROM_UNIXTIME(i)",
    "FROM_UNIXTIME(i, '%Y')",
    "DATE(d)",
    "TIME(d)",
    "YEAR(d)",
    "MONTH(d)",
    "DAY(d)",
    "DAYOFMONTH(d)",
    "DAYOFWEEK(d)",
    "DAYOFYEAR(d)",
    "DAYNAME(d)",
    "MONTHNAME(d)",
    "HOUR(d)",
    "MINUTE(d)",
    "SECOND(d)",
    "MICROSECOND(d)",
    "QUARTER(d)",
    "WEEK(d)",
    "WEEK(d, 1)",
    "WEEKDAY(d)",
    "WEEKOFYEAR(d)",
    "YEARWEEK(d)",
    "LAST_DAY(d)",
    "TO_DAYS(d)",
    "TO_SECONDS(d)",
    "FROM_DAYS(i)",
    "DATEDIFF(d, d)",
    "TIMEDIFF(d, d)",
    "TIMESTAMPDIFF(HOUR, d, d)",
    "TIMESTAMPADD(DAY, 1, d)",
    "DATE_ADD(d, INTERVAL 1 DAY)",
    "DATE_SUB(d, INTERVAL '1:30' HOUR_MINUTE)",
    "d + INTERVAL 1 MONTH",
    "d - INTERVAL 2 YEAR",
    "INTERVAL 1 DAY + d",
    "ADDDATE(d, 5)",
    "ADDDATE(d, INTERVAL 5 DAY)",
    "SUBDATE(d, 5)",
    "ADDTIME(d, '1:00')",
    "SUBTIME(d, '1:00')",
    "DATE_FORMAT(d, '%Y-%m')",
    "TIME_FORMAT(d, '%H')",
    "STR_TO_DATE(s, '%Y')",
    "GET_FORMAT(DATE, 'EUR')",
    "EXTRACT(YEAR FROM d)",
    "EXTRACT(DAY_HOUR FROM d)",
    "MAKEDATE(2026, 5)",
    "MAKETIME(1, 2, 3)",
    "SEC_TO_TIME(i)",
    "TIME_TO_SEC(d)",
    "PERIOD_ADD(202601, 2)",
    "PERIOD_DIFF(202601, 202512)",
    "CONVERT_TZ(d, '+00:00', '+01:00')",
    "TIMESTAMP(d)",
    "TIMESTAMP(d, '1:00')",
    "DATE '2026-01-01'",
    "TIME '10:00:00'",
    "TIMESTAMP '2026-01-01 00:00:00'",
    "CAST(s AS DATE)",
    "CAST(s AS DATETIME)",
    "CAST(s AS TIME)",
    "CAST(d AS DATETIME(3))",
    // Servers and accounts.
    "VERSION()",
    "DATABASE()",
    "SCHEMA()",
    "USER()",
    "SESSION_USER()",
    "SYSTEM_USER()",
    "CURRENT_USER",
    "CURRENT_USER()",
    "CONNECTION_ID()",
    "LAST_INSERT_ID()",
    "ROW_COUNT()",
    "FOUND_ROWS()",
    "@@sql_mode",
    "@@global.max_connections",
    "@@session.autocommit",
    "UUID()",
    "UUID_SHORT()",
    "SLEEP(0)",
    "BENCHMARK(1, 1)",
    "GET_LOCK('a', 0)",
    "RELEASE_LOCK('a')",
    "IS_FREE_LOCK('a')",
    "IS_USED_LOCK('a')",
    "MD5(s)",
    "SHA1(s)",
    "SHA(s)",
    "SHA2(s, 256)",
    "AES_ENCRYPT(s, 'k')",
    "AES_DECRYPT(s, 'k')",
    "COMPRESS(s)",
    "UNCOMPRESS(s)",
    "UNCOMPRESSED_LENGTH(s)",
    "NAME_CONST('a', 1)",
    "DEFAULT(i)",
    "VALUES(i)",
    "EXTRACTVALUE('<a>b</a>', '/a')",
    "UPDATEXML('<a>b</a>', '/a', '<c/>')",
    "MATCH (s) AGAINST ('word')",
    "MATCH (s) AGAINST ('+word' IN BOOLEAN MODE)",
    // Geometry.
    "ST_AsText(g)",
    "ST_X(g)",
    "ST_Distance(g, g)",
    "ST_Contains(g, g)",
    "ST_GeomFromText('POINT(1 1)')",
    "POINT(1, 2)",
    "ST_SRID(g)",
    "ST_AsBinary(g)",
    "MBRContains(g, g)",
];

/// What a view may end with.
const WHOLE: &[&str] = &[
    "SELECT COUNT(*) AS a, COUNT(i) AS b, COUNT(DISTINCT i) AS c, COUNT(DISTINCT i, f) AS d, SUM(i) AS e, SUM(DISTINCT i) AS g, AVG(i) AS h, MIN(i) AS j, MAX(i) AS k FROM t",
    "SELECT GROUP_CONCAT(s) AS a, GROUP_CONCAT(DISTINCT s ORDER BY s DESC SEPARATOR '; ') AS b, STD(i) AS c, STDDEV(i) AS d, STDDEV_POP(i) AS e, STDDEV_SAMP(i) AS h FROM t",
    "SELECT VARIANCE(i) AS a, VAR_POP(i) AS b, VAR_SAMP(i) AS c, BIT_AND(i) AS d, BIT_OR(i) AS e, BIT_XOR(i) AS h FROM t",
    "SELECT i, COUNT(*) AS n FROM t GROUP BY i HAVING n > 1 ORDER BY n DESC, 1 LIMIT 5",
    "SELECT i, COUNT(*) AS n FROM t GROUP BY i WITH ROLLUP",
    "SELECT DISTINCT i FROM t WHERE f > 1 LIMIT 3 OFFSET 2",
    "SELECT a.i AS x, b.i AS y FROM t a JOIN t b ON a.i = b.i LEFT JOIN t c ON c.i = b.i AND c.f > 1 RIGHT OUTER JOIN t d ON d.i = c.i",
    "SELECT a.i AS x FROM t a CROSS JOIN t b, t c",
    "SELECT a.i AS x FROM t a STRAIGHT_JOIN t b ON a.i = b.i",
    "SELECT * FROM t a JOIN u b USING (i)",
    "SELECT * FROM t NATURAL JOIN u",
    "SELECT a.i FROM t a NATURAL LEFT JOIN u b",
    "SELECT i FROM t UNION SELECT i FROM u",
    "SELECT i FROM t UNION ALL SELECT i FROM u ORDER BY 1 LIMIT 2",
    "(SELECT i FROM t ORDER BY i LIMIT 1) UNION (SELECT i FROM u ORDER BY i LIMIT 1)",
    "SELECT i FROM t USE INDEX (by_f) WHERE f = 1",
    "SELECT i FROM t FORCE INDEX FOR ORDER BY (by_f) ORDER BY f",
    "SELECT i FROM t IGNORE INDEX (by_f)",
    "SELECT SQL_NO_CACHE i FROM t",
    "SELECT HIGH_PRIORITY SQL_CALC_FOUND_ROWS i FROM t",
    "SELECT t.`i` AS `a b`, `t`.`f` AS `c``d` FROM `t`",
    "SELECT i FROM t WHERE (i = 1 OR f = 2) AND NOT (s = 'a' OR d IS NULL)",
    "SELECT i FROM t WHERE i = 1 AND (f = 2 AND (s = 'a' AND d IS NULL))",
    "SELECT i FROM t WHERE s LIKE _utf8'%\\_x%' AND s = CONVERT('a' USING latin1)",
];

const TABLES: [&str; 3] = [
    "CREATE DATABASE v CHARACTER SET utf8",
    "CREATE TABLE v.t (i INT NOT NULL DEFAULT 5, f DOUBLE, s VARCHAR(40), d DATETIME, g GEOMETRY, KEY by_f (f), FULLTEXT KEY (s))",
    "CREATE TABLE v.u (i INT, w INT)",
];

/// Makes the views that the source takes and can read again, and that the target takes as they were written; how many there are.
async fn make_views(source: &Arc<dyn Database>, target: &Arc<dyn Database>, scope: &Scope) -> usize {
    for side in [source, target] {
        run(side, &TABLES).await.expect("tables");
    }
    let expressions = EXPRESSIONS.iter();
    let all = expressions
        .map(|expression| format!("SELECT {expression} AS x FROM t"))
        .chain(WHOLE.iter().map(|text| (*text).to_owned()));
    for (number, text) in all.enumerate() {
        let view = format!("CREATE SQL SECURITY INVOKER VIEW v{number:03} AS {text}");
        if run(target, &["USE v", &view]).await.is_ok() && run(source, &["USE v", &view]).await.is_ok() {
            let read = format!("SHOW CREATE VIEW v.v{number:03}");
            if run(source, &[&read]).await.is_err() {
                run(source, &[&format!("DROP VIEW v.v{number:03}")])
                    .await
                    .expect("dropped");
            }
        }
    }
    let flavor = target.flavor().await.expect("a flavor");
    let image = source.schema(scope, &flavor).await.expect("a schema");
    let is_view = |object: &&SchemaObject| object.kind == ObjectKind::View;
    let drop = async |server: &Arc<dyn Database>, name: &str| {
        run(server, &[&format!("DROP VIEW {name}")])
            .await
            .expect("dropped");
    };
    for refused in &image.refusals {
        drop(source, refused.object.strip_prefix("view ").expect("a view")).await;
    }
    // What an old server prints for some is a function that is gone: an assessment tells.
    for view in image.objects.iter().filter(is_view) {
        drop(target, &view.name).await;
        let create: Vec<&str> = view.create.iter().map(String::as_str).collect();
        if run(target, &create).await.is_err() {
            drop(source, &view.name).await;
        }
    }
    run(target, &["DROP DATABASE v"]).await.expect("an empty target");
    let left = source.schema(scope, &flavor).await.expect("a schema");
    left.objects.iter().filter(is_view).count()
}

async fn carried_and_recognised(kind: ServerKind) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(estate) = available(Estate::start(&sandbox, EstateOptions::new(kind)).await) else {
        return;
    };
    let Some(cluster) = available(AuroraStandIn::start(&sandbox, AuroraOptions::mysql()).await) else {
        return;
    };
    let (source, target) = (
        at("source", &estate.admin_url()),
        at("target", &cluster.admin_url()),
    );
    let scope = Scope::of(vec!["v".to_owned()]);
    let views = make_views(&source, &target, &scope).await;
    assert!(views > 280, "{views} views");

    let observer: Arc<dyn Observe> = Arc::new(Silent);
    let settings = LoadSettings::new("views");
    let loaded = load(&source, &target, &scope, &settings, false, &observer).await;
    loaded.unwrap_or_else(|error| panic!("{error}"));
    let again = load(&source, &target, &scope, &settings, true, &observer).await;
    again.unwrap_or_else(|error| panic!("{error}"));

    // A view that is another one is found, and stays as it is.
    let other = "ALTER SQL SECURITY INVOKER VIEW v.v000 AS SELECT LOWER(s) AS x FROM v.t";
    run(&target, &[other]).await.expect("altered");
    let flavor = target.flavor().await.expect("a flavor");
    let definition = async || {
        let there = target.schema(&scope, &flavor).await.expect("a schema");
        let view = there.objects.into_iter().find(|object| object.name == "v.v000");
        view.expect("a view").definition
    };
    let before = definition().await;
    let refused = load(&source, &target, &scope, &settings, true, &observer).await;
    assert!(
        matches!(&refused, Err(LoadError::TargetNotEmpty(what)) if what.contains("v.v000")),
        "{refused:?}"
    );
    let nowhere = Position::Gtid(Default::default());
    let brought = take_over(&source, &target, &scope, nowhere, &observer).await;
    assert!(
        matches!(&brought, Err(LoadError::NotBrought(what)) if what.contains("v.v000")),
        "{brought:?}"
    );
    assert_eq!(definition().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_mysql_5_6_are_carried_and_recognised() {
    carried_and_recognised(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_mariadb_are_carried_and_recognised() {
    carried_and_recognised(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_mysql_9_7_are_carried_and_recognised() {
    carried_and_recognised(ServerKind::Mysql97).await;
}
