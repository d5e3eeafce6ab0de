//! Views of an older PostgreSQL are carried and recognised on a newer one, which prints many of them otherwise.

use std::sync::Arc;

use daybreak_model::{ObjectKind, Scope};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind, available};
use daybreak_work::{LoadError, LoadSettings, Observe, Silent, load};

use crate::{at, run};

/// What views read from.
const GROUND: &[&str] = &[
    "CREATE SCHEMA v",
    "CREATE TABLE v.t (i integer PRIMARY KEY, f double precision, s text, d timestamptz, j jsonb, ar integer[], rg int4range, net inet)",
    "CREATE TABLE v.u (i integer PRIMARY KEY, w integer)",
    r#"CREATE TABLE v."Od d" ("Mixed Case" integer PRIMARY KEY)"#,
    "CREATE TABLE v.pa (i integer PRIMARY KEY) PARTITION BY RANGE (i)",
    "CREATE SEQUENCE v.sq",
    "CREATE FUNCTION v.f1(i integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT i'",
    "CREATE FUNCTION v.f2(VARIADIC a integer[]) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
];

/// What a view may compute, in every syntax that servers print in a form of their own.
const VIEWS: &[&str] = &[
    r#"SELECT i, s FROM v.t WHERE i = 1"#,
    r#"SELECT t.i AS x, u.w FROM v.t JOIN v.u ON u.i = t.i"#,
    r#"SELECT a.i, b.i AS j FROM v.t a LEFT JOIN v.t b USING (f)"#,
    r#"SELECT * FROM v.t NATURAL JOIN v.u"#,
    r#"SELECT i, count(*) AS n, sum(f), avg(f), max(s), string_agg(s, ', ' ORDER BY s) FROM v.t GROUP BY i HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 5 OFFSET 1"#,
    r#"SELECT i FROM v.t UNION SELECT i FROM v.u EXCEPT SELECT 1 INTERSECT SELECT 2"#,
    r#"SELECT DISTINCT ON (i) i, s FROM v.t ORDER BY i, s DESC NULLS LAST"#,
    r#"SELECT extract(year FROM d) AS a, date_part('month', d) AS b, date_trunc('day', d) AS c, d AT TIME ZONE 'UTC' AS e, age(d) AS g, now() AS h, current_date AS j, localtimestamp AS k, current_time(2) AS l FROM v.t"#,
    r#"SELECT trim(s) AS a, trim(leading 'x' from s) AS b, trim(trailing from s) AS c, substring(s from 2 for 3) AS e, substring(s, 2) AS g, substring(s from 'a.*') AS h, position('a' in s) AS j, overlay(s placing 'x' from 1 for 2) AS k FROM v.t"#,
    r#"SELECT upper(s), lower(s), length(s), s || 'x' AS c, s LIKE 'a%' AS l, s ILIKE 'a%' AS il, s SIMILAR TO '(a|b)%' AS si, s ~ '^a' AS r, s !~* 'b' AS nr, s COLLATE "C" AS co FROM v.t"#,
    r#"SELECT CASE i WHEN 1 THEN 'a' ELSE 'b' END AS a, CASE WHEN i > 1 THEN 1 END AS b, coalesce(s, 'x') AS c, nullif(i, 0) AS e, greatest(i, 1) AS g, least(i, 2) AS h FROM v.t"#,
    r#"SELECT i IS NULL AS a, i IS DISTINCT FROM 1 AS b, (i > 1) IS TRUE AS c, i BETWEEN 1 AND 3 AS e, i BETWEEN SYMMETRIC 3 AND 1 AS g, i IN (1, 2) AS h, i NOT IN (1, 2) AS j, NOT (i = 1) AS k FROM v.t"#,
    r#"SELECT EXISTS (SELECT 1 FROM v.u WHERE u.i = t.i) AS a, i = ANY (ARRAY[1, 2]) AS b, i > ALL (SELECT i FROM v.u) AS c, (SELECT max(i) FROM v.u) AS e, (ROW(i, f) = ROW(1, 2)) AS h FROM v.t"#,
    r#"SELECT rank() OVER (PARTITION BY i ORDER BY f DESC) AS a, sum(f) OVER w AS b, lag(f, 1) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c, ntile(4) OVER (ORDER BY i RANGE UNBOUNDED PRECEDING) AS e FROM v.t WINDOW w AS (PARTITION BY s)"#,
    r#"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r"#,
    r#"WITH a AS MATERIALIZED (SELECT i FROM v.t), b AS NOT MATERIALIZED (SELECT i FROM v.u) SELECT a.i FROM a JOIN b USING (i)"#,
    r#"SELECT i, s FROM v.t, LATERAL (SELECT w FROM v.u WHERE u.i = t.i LIMIT 1) l"#,
    r#"SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g(n, o)"#,
    r#"SELECT * FROM unnest(ARRAY[1,2], ARRAY['a','b']) AS x(a, b)"#,
    r#"SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x(n, l)"#,
    r#"SELECT i, f FROM v.t TABLESAMPLE SYSTEM (10) REPEATABLE (1)"#,
    r#"SELECT i, grouping(i) AS g, count(*) AS n FROM v.t GROUP BY GROUPING SETS ((i), ())"#,
    r#"SELECT i, s, count(*) AS n FROM v.t GROUP BY ROLLUP (i, s)"#,
    r#"SELECT i, s, count(*) AS n FROM v.t GROUP BY CUBE (i, s)"#,
    r#"SELECT count(*) FILTER (WHERE i > 1) AS a, percentile_cont(0.5) WITHIN GROUP (ORDER BY f) AS b, mode() WITHIN GROUP (ORDER BY s) AS c, array_agg(DISTINCT i ORDER BY i) AS e, bool_and(i > 1) AS g, json_agg(s) AS h, jsonb_object_agg(s, i) AS j FROM v.t"#,
    r#"SELECT j -> 'a' AS a, j ->> 'b' AS b, j #> '{a,b}' AS c, j @> '{"a": 1}' AS e, j ? 'a' AS g, jsonb_path_query_first(j, '$.a') AS h, jsonb_build_object('a', i) AS k FROM v.t"#,
    r#"SELECT ar[1] AS a, ar[1:2] AS b, array_length(ar, 1) AS c, ar || 5 AS e, ar && ARRAY[1] AS g, cardinality(ar) AS h, ARRAY(SELECT i FROM v.u) AS k FROM v.t"#,
    r#"SELECT i::text AS a, s::varchar(5) AS b, CAST(f AS numeric(10,2)) AS c, '2026-01-01'::date AS e, interval '1 day 2 hours' AS g, B'101' AS h, E'a\nb' AS k, U&'\0061' AS l, 1e10 AS m, -1 AS n, true AS o, NULL::int AS p FROM v.t"#,
    r#"SELECT i + f - 2 AS a, (i + f) * 2 AS b, i / 2 AS c, i % 3 AS e, i ^ 2 AS g, |/ f AS h, @ i AS k, i & 3 AS l, i | 3 AS m, i # 3 AS n, ~ i AS o, i << 2 AS p, - i AS q FROM v.t"#,
    r#"SELECT to_char(d, 'YYYY') AS a, to_date(s, 'YYYY') AS b, to_tsvector('english', s) @@ to_tsquery('english', 'a & b') AS c, format('%s', s) AS e, md5(s) AS g, encode(s::bytea, 'hex') AS h, split_part(s, ',', 1) AS k, regexp_replace(s, 'a', 'b', 'g') AS l FROM v.t"#,
    r#"SELECT current_user AS a, session_user AS b, current_schema AS c, current_catalog AS e, current_setting('TimeZone') AS g, version() AS h, pg_backend_pid() AS k, user AS l, current_role AS m"#,
    r#"SELECT nextval('v.sq') AS a, currval('v.sq'::regclass) AS b"#,
    r#"SELECT xmlelement(name a, xmlattributes(i AS b), s) AS a, xmlforest(i, s) AS b, xmlagg(xmlelement(name c, s)) AS c FROM v.t GROUP BY i, s"#,
    r#"SELECT i FROM v.t FOR UPDATE"#,
    r#"SELECT i FROM v.t ORDER BY i FETCH FIRST 3 ROWS WITH TIES"#,
    r#"SELECT r FROM v.t r"#,
    r#"SELECT t.* FROM v.t"#,
    r#"SELECT (t).i AS a FROM v.t"#,
    r#"SELECT a.* FROM v.t a CROSS JOIN v.u b FULL JOIN v.u c ON c.i = a.i"#,
    r#"SELECT tableoid::regclass AS a, ctid AS b, xmin AS c FROM v.t"#,
    r#"SELECT range_merge(rg, int4range(1, 5, '[]')) AS a, rg @> 3 AS b, lower(rg) AS c, isempty(rg) AS e FROM v.t"#,
    r#"SELECT inet '10.0.0.1' AS a, net << inet '10.0.0.0/8' AS b, host(net) AS c, macaddr '08:00:2b:01:02:03' AS e FROM v.t"#,
    r#"SELECT v.f1(i) AS a, v.f1(i => 3) AS b, v.f2(VARIADIC ARRAY[1,2]) AS c FROM v.t"#,
    r#"SELECT "Mixed Case" AS a, "Mixed Case" AS "B c" FROM v."Od d""#,
    r#"SELECT x.i FROM v.t AS x (i, f)"#,
    r#"SELECT p.i FROM v.pa p WHERE p.i IN (SELECT q.i FROM v.pa q)"#,
    r#"SELECT make_interval(days => 1) AS a, (d, d) OVERLAPS (d, d) AS b, justify_hours(interval '30 hours') AS c, normalize(s, NFC) AS e, s IS NORMALIZED AS g FROM v.t"#,
    r#"SELECT i FROM v.t ORDER BY s COLLATE "C" ASC NULLS FIRST"#,
    r#"SELECT i FROM v.t WHERE (i = 1 OR f = 2) AND NOT (s = 'a' OR d IS NULL)"#,
    r#"SELECT i FROM ONLY v.pa"#,
];

async fn carried_and_recognised(from: u8, to: u8) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let estate = EstateOptions::new(ServerKind::Postgres(from));
    let Some(estate) = available(Estate::start(&sandbox, estate).await) else {
        return;
    };
    let Some(cluster) = available(AuroraStandIn::start(&sandbox, AuroraOptions::postgres(to)).await) else {
        return;
    };
    let (source, target) = (
        at("source", &estate.admin_url()),
        at("target", &cluster.admin_url()),
    );
    run(&source, GROUND).await.expect("tables");
    let mut refused = Vec::new();
    for (number, text) in VIEWS.iter().enumerate() {
        let view = format!("CREATE VIEW v.v{number:03} AS {text}");
        if let Err(error) = run(&source, &[&view]).await {
            refused.push(error);
        }
    }
    // `NORMALIZE` and `IS NORMALIZED` are of PostgreSQL 13; nothing else is of later.
    assert!(refused.is_empty(), "{}", refused.join("\n"));

    let scope = Scope::of(vec!["v".to_owned()]);
    let observer: Arc<dyn Observe> = Arc::new(Silent);
    let settings = LoadSettings::new("views");
    let loaded = load(&source, &target, &scope, &settings, false, &observer).await;
    loaded.unwrap_or_else(|error| panic!("{error}"));
    let flavor = target.flavor().await.expect("a flavor");
    let there = target.schema(&scope, &flavor).await.expect("a schema");
    let views = there
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::View);
    assert_eq!(views.count(), VIEWS.len());

    // A view that is another one is found.
    let other = "CREATE OR REPLACE VIEW v.v000 AS SELECT i, s FROM v.t WHERE i = 2";
    run(&target, &[other]).await.expect("replaced");
    let again = load(&source, &target, &scope, &settings, true, &observer).await;
    assert!(
        matches!(&again, Err(LoadError::TargetNotEmpty(what)) if what.contains("v.v000")),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_postgres_13_are_carried_to_17() {
    carried_and_recognised(13, 17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_postgres_15_are_carried_to_18() {
    carried_and_recognised(15, 18).await;
}
