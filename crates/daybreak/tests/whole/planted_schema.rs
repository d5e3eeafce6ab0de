//! `daybreak schema-check`, by an account with no more rights than are printed: every defect of a replica that a company is
//! likely to have is found by its name, on every kind of server that has replicas of its own.

use std::time::Duration;

use daybreak_sandbox::{Login, Server, ServerKind};
use serde_json::Value;

use crate::looking::{Looking, list, run};
use crate::schema_check::{SHOP, STORE, assert_same, copies, difference, summary};

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
    let Some(estate) = looking.with_replica(kind).await else {
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
    // All of it has a repair that loses nothing, the account with its password among it.
    let repaired = looking
        .json(primary, &estate.admin, &["schema-check", "--execute"], 0)
        .await;
    assert_same(&repaired);
    assert_no_hash(&repaired);
    let keeper = Login::new("keeper", "Keep-er-1");
    let seen = replica.rows_as(&keeper, "shop", "SELECT id FROM kept").await;
    seen.expect("the password is the same");
}

/// No report shows what a password could be found from.
fn assert_no_hash(report: &Value) {
    let text = report.to_string();
    for begins in [" AS 0x", "PASSWORD '*", "AS '*", "SCRAM-SHA-256"] {
        assert!(!text.contains(begins), "{text}");
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

/// What MySQL 9.7 and MariaDB change otherwise than each other: accounts and what they may do, columns whose values are computed, the
/// order of columns.
async fn accounts_and_columns(kind: ServerKind, also: &[&str], defects: &[&str], found: &[[&str; 2]]) {
    let looking = Looking::new();
    let Some(estate) = looking.with_replica(kind).await else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    let all = [
        "CREATE TABLE goods (id INT PRIMARY KEY, price INT NOT NULL, twice INT GENERATED ALWAYS AS (price * 2) STORED, \
         thrice INT GENERATED ALWAYS AS (price * 3) VIRTUAL, note TEXT, KEY by_twice (twice))",
        "CREATE TABLE pairs (a INT PRIMARY KEY, b INT, c INT)",
        "INSERT INTO goods (id, price) VALUES (1, 7)",
        "CREATE ROLE selling",
        "GRANT SELECT, INSERT ON shop.* TO selling",
        "CREATE USER clerk@'%' IDENTIFIED BY 'Clerk-1'",
        "GRANT SELECT, UPDATE (price) ON shop.goods TO clerk@'%'",
        "GRANT selling TO clerk@'%'",
        "CREATE USER chief@'%' IDENTIFIED BY 'Chief-1'",
        "GRANT SELECT, PROCESS ON *.* TO chief@'%' WITH GRANT OPTION",
    ];
    for statement in all
        .iter()
        .chain(also)
        .chain(&["CREATE TABLE last (id INT PRIMARY KEY)"])
    {
        run(primary, "shop", statement).await;
    }
    let there =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'last'";
    replica
        .wait_for(there, "1", Duration::from_secs(30))
        .await
        .expect("it follows");
    assert_same(&looking.json(primary, &estate.admin, &["schema-check"], 0).await);
    let planted = [
        "ALTER TABLE goods MODIFY COLUMN twice INT GENERATED ALWAYS AS (price * 4) STORED",
        "ALTER TABLE goods DROP COLUMN thrice",
        "ALTER TABLE goods ADD COLUMN thrice INT GENERATED ALWAYS AS (price * 3) STORED AFTER twice",
        "ALTER TABLE pairs MODIFY COLUMN c INT AFTER a",
        "REVOKE selling FROM clerk@'%'",
        "GRANT DELETE ON shop.goods TO clerk@'%'",
        "REVOKE GRANT OPTION ON *.* FROM chief@'%'",
        "REVOKE PROCESS ON *.* FROM chief@'%'",
    ];
    let planted: Vec<&str> = planted.iter().chain(defects).copied().collect();
    on_replica(replica, &planted.join("; ")).await;
    let report = looking.json(primary, &estate.admin, &["schema-check"], 3).await;
    let all = [
        ["column", "shop.goods.twice"],
        ["column", "shop.goods.thrice"],
        ["column_order", "shop.pairs"],
        ["grants", "'clerk'@'%'"],
        ["grants", "'chief'@'%'"],
    ];
    for [kind, object] in all.iter().chain(found) {
        let found = difference(&report, kind, object);
        assert_eq!(list(found, "repair").len(), 1, "{found}");
    }
    assert_eq!(
        list(&report, "differences").len(),
        all.len() + found.len(),
        "{:#?}",
        summary(&report)
    );
    let report = looking
        .json(primary, &estate.admin, &["schema-check", "--execute"], 0)
        .await;
    assert_same(&report);
    assert_no_hash(&report);
    let computed = replica.rows_in("shop", "SELECT twice, thrice FROM goods").await;
    let computed = computed.expect("told").remove(0);
    assert_eq!(computed, [Some("14".to_owned()), Some("21".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_columns_of_mysql_9_7_are_repaired() {
    let role = ["DROP ROLE selling"];
    accounts_and_columns(ServerKind::Mysql97, &[], &role, &[["account", "'selling'@'%'"]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_columns_of_mariadb_are_repaired() {
    accounts_and_columns(
        ServerKind::MariaDb1011,
        &[
            "CREATE SEQUENCE numbers START WITH 7",
            // Only who holds a role in this way gives it to others.
            "GRANT selling TO admin@'%' WITH ADMIN OPTION",
        ],
        &["ALTER SEQUENCE numbers INCREMENT BY 5"],
        &[["sequence", "shop.numbers"]],
    )
    .await;
}

/// What PostgreSQL has beside tables, columns, indexes and views, on 17 and on 13, which changes less in place.
#[tokio::test(flavor = "multi_thread")]
async fn types_rules_and_roles_of_postgres_are_repaired_across_versions() {
    let looking = Looking::new();
    let more = [
        "CREATE DOMAIN weight AS integer DEFAULT 1 CONSTRAINT heavy CHECK (VALUE > 0)",
        "CREATE TYPE place AS (street text, number integer)",
        "CREATE COLLATION plain (locale = 'C')",
        "CREATE TABLE sums (a integer, c integer NOT NULL GENERATED ALWAYS AS IDENTITY, d bigint NOT NULL, \
         b integer GENERATED ALWAYS AS (a + 1) STORED) WITH (fillfactor = 70)",
        "INSERT INTO sums (a, d) VALUES (1, 7)",
        "CREATE RULE kept AS ON DELETE TO sums DO INSTEAD NOTHING",
        "CREATE POLICY seen ON sums USING (a > 0)",
        "ALTER TABLE sums ENABLE ROW LEVEL SECURITY",
        "COMMENT ON TABLE sums IS 'it''s so'",
        "CREATE STATISTICS of_sums ON a, d FROM sums",
        "CREATE ROLE staff",
        "CREATE ROLE clerk LOGIN PASSWORD 'Clerk-1' IN ROLE staff",
        "GRANT SELECT, INSERT ON goods TO clerk",
        "GRANT USAGE ON SCHEMA public TO clerk",
        "CREATE ROLE teller LOGIN",
        "GRANT SELECT, INSERT ON goods TO teller",
    ];
    let statements: Vec<&str> = STORE.iter().chain(&more).copied().collect();
    let kinds = [ServerKind::Postgres(17), ServerKind::Postgres(13)];
    let Some((estates, login)) = copies(&looking, kinds, &statements).await else {
        return;
    };
    let [one, other] = &estates;
    let url = looking.url(&other.primary, &login).await;
    let check = ["schema-check", "--node", &url];
    assert_same(&looking.json(&one.primary, &login, &check, 0).await);
    // The other server lacks the value that is added to the first.
    run(
        &one.primary,
        "shop",
        "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'bad'",
    )
    .await;
    let defects = [
        "ALTER DOMAIN weight DROP DEFAULT",
        "ALTER DOMAIN weight DROP CONSTRAINT heavy",
        "ALTER TYPE place DROP ATTRIBUTE number",
        "DROP COLLATION plain",
        "ALTER TABLE sums DROP COLUMN b",
        "ALTER TABLE sums ADD COLUMN b integer GENERATED ALWAYS AS (a + 2) STORED",
        "ALTER TABLE sums ALTER COLUMN c SET GENERATED BY DEFAULT",
        "ALTER TABLE sums SET (fillfactor = 50, autovacuum_enabled = false)",
        "CREATE OR REPLACE RULE kept AS ON DELETE TO sums DO ALSO NOTHING",
        "DROP POLICY seen ON sums",
        "ALTER TABLE sums DISABLE ROW LEVEL SECURITY",
        "COMMENT ON TABLE sums IS 'otherwise'",
        "COMMENT ON TABLE goods IS 'here alone'",
        "DROP STATISTICS of_sums",
        "ALTER TABLE years DETACH PARTITION years_old",
        "ALTER TABLE sales ALTER COLUMN goods SET STATISTICS 50",
        "DROP OWNED BY clerk",
        "DROP ROLE clerk",
        "REVOKE INSERT ON goods FROM teller",
        "ALTER ROLE teller NOLOGIN CREATEDB",
    ];
    for statement in defects {
        run(&other.primary, "shop", statement).await;
    }
    let report = looking.json(&one.primary, &login, &check, 3).await;
    let found = [
        ["type", "public.mood"],
        ["type", "public.weight"],
        ["type", "public.place"],
        ["type", "public.plain"],
        ["column", "public.sums.b"],
        ["column", "public.sums.c"],
        ["options", "public.sums"],
        ["rule", "public.sums.kept"],
        ["rule", "public.sums.seen"],
        ["rule", "row security of public.sums"],
        ["comment", "table public.sums"],
        ["comment", "table public.goods"],
        ["index", "public.of_sums"],
        ["partitions", "public.years_old"],
        ["table", "public.sales"],
        ["account", "\"clerk\""],
        ["grants", "\"teller\""],
    ];
    for [kind, object] in found {
        let found = difference(&report, kind, object);
        assert_eq!(list(found, "repair").len(), 1, "{found}");
    }
    assert_eq!(
        list(&report, "differences").len(),
        found.len(),
        "{:#?}",
        summary(&report)
    );
    let execute = [&check[..], &["--execute", "--even-primary"]].concat();
    let report = looking.json(&one.primary, &login, &execute, 0).await;
    assert_same(&report);
    assert_no_hash(&report);
    let clerk = Login::new("clerk", "Clerk-1");
    let seen = other
        .primary
        .rows_as(&clerk, "shop", "SELECT name FROM goods")
        .await;
    seen.expect("the password is the same");

    // What PostgreSQL does not change is left for a person, with the reason.
    run(&other.primary, "shop", "ALTER TYPE mood ADD VALUE 'worst'").await;
    let report = looking.json(&one.primary, &login, &check, 3).await;
    let left = list(difference(&report, "type", "public.mood"), "by_hand");
    assert!(
        left[0]["why"]
            .as_str()
            .is_some_and(|why| why.contains("takes no value out")),
        "{report}"
    );
}
