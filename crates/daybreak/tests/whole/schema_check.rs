//! `daybreak schema-check` on real servers: planted defects are found and repaired, and nothing is found where there is none.

use std::time::Duration;

use daybreak_sandbox::{AuroraOptions, Estate, EstateOptions, Login, Server, ServerKind, available};
use serde_json::Value;

use crate::ground;
use crate::looking::{Looking, list};

fn address(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port())
}

/// The difference of a kind in an object.
pub(crate) fn difference<'a>(report: &'a Value, kind: &str, object: &str) -> &'a Value {
    let mut found = list(report, "differences").iter();
    found
        .find(|difference| difference["kind"] == kind && difference["object"] == object)
        .unwrap_or_else(|| panic!("no {kind} {object} in {report}"))
}

/// What differs, shortly.
pub(crate) fn summary(report: &Value) -> Vec<String> {
    let differences = list(report, "differences").iter();
    differences
        .map(|difference| {
            let text = |name: &str| difference[name].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} ({}): {}",
                text("kind"),
                text("object"),
                text("class"),
                text("difference")
            )
        })
        .collect()
}

pub(crate) fn assert_same(report: &Value) {
    assert_eq!(
        report["verdict"],
        "same",
        "{:?} {}",
        summary(report),
        report["could_not_tell"]
    );
}

/// A small shop, with one of everything that MySQL has.
pub(crate) const SHOP: [&str; 11] = [
    "CREATE TABLE goods (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, \
     price DECIMAL(9,2) NOT NULL DEFAULT 1.50, weight INT(8) DEFAULT 0, note TEXT, made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
     KEY by_name (name), UNIQUE KEY by_price (price, id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    "CREATE TABLE sales (id BIGINT PRIMARY KEY, goods INT NOT NULL, year INT NOT NULL, CONSTRAINT of_goods FOREIGN KEY (goods) REFERENCES goods (id)) \
     ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    "CREATE TABLE years (id INT NOT NULL, year INT NOT NULL, PRIMARY KEY (id, year)) ENGINE=InnoDB DEFAULT CHARSET=latin1 \
     PARTITION BY RANGE (year) (PARTITION old VALUES LESS THAN (2000), PARTITION new VALUES LESS THAN MAXVALUE)",
    "CREATE TABLE log (id INT PRIMARY KEY, what ENUM('in','out') NOT NULL, seen BIT(1)) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_bin",
    "CREATE VIEW dear AS SELECT id, name FROM goods WHERE price > 100",
    "CREATE VIEW dearest AS SELECT name FROM dear WHERE id < 10",
    "CREATE TRIGGER before_sale BEFORE INSERT ON sales FOR EACH ROW SET NEW.year = NEW.year + 0",
    "CREATE PROCEDURE clear_log() DELETE FROM log",
    "CREATE FUNCTION twice(a INT) RETURNS INT DETERMINISTIC RETURN a * 2",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM log",
    "INSERT INTO goods (name) VALUES ('a chair'), ('a table')",
];

/// Runs statements as the superuser in a database.
pub(crate) async fn run(server: &Server, database: &str, statements: &[&str]) {
    for statement in statements {
        server
            .rows_in(database, statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// Runs statements on a replica alone.
async fn on_replica(replica: &Server, statements: &[&str]) {
    let body = statements.join("; ");
    let open = "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0";
    let all = format!("{open}; {body}; SET GLOBAL super_read_only = ON");
    run(replica, "shop", &[&all]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_on_replicas_of_mysql_are_found_and_repaired() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(2);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, one, other) = (&estate.primary, &estate.replicas[0], &estate.replicas[1]);
    run(primary, "shop", &SHOP).await;
    run(
        primary,
        "shop",
        &[
            "ALTER TABLE goods ADD CONSTRAINT positive CHECK (price > 0)",
            "CREATE USER clerk@'%' IDENTIFIED BY 'Clerk-1'",
            "GRANT SELECT, INSERT ON shop.* TO clerk@'%'",
            // Brackets, and whose column it is, alone tell these views from those that are planted.
            "CREATE VIEW sums AS SELECT (price + 1) * 2 AS doubled FROM goods",
            "CREATE VIEW sold AS SELECT g.id FROM goods g JOIN sales s ON g.id = s.goods",
            "CREATE TABLE words (id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9)) CHARSET latin1",
            "CREATE TABLE last (id INT PRIMARY KEY, at INT, KEY by_time (at))",
        ],
    )
    .await;
    let there =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'last'";
    for replica in [one, other] {
        replica
            .wait_for(there, "1", Duration::from_secs(30))
            .await
            .expect("it follows");
    }
    let clean = looking.json(one, &estate.admin, &["schema-check"], 0).await;
    assert_same(&clean);
    assert_eq!(list(&clean, "nodes").len(), 3, "{clean}");
    assert_eq!(clean["reference"], address(primary));

    on_replica(
        one,
        &[
            "ALTER TABLE goods DROP COLUMN note",
            "ALTER TABLE goods ALTER COLUMN price SET DEFAULT 2.50",
            "ALTER TABLE goods DROP INDEX by_name",
            "ALTER TABLE goods DROP CONSTRAINT positive",
            "DROP TRIGGER before_sale",
            "DROP VIEW dearest",
            "CREATE VIEW dearest AS SELECT name FROM dear WHERE id < 11",
            "CREATE OR REPLACE VIEW sums AS SELECT price + 1 * 2 AS doubled FROM goods",
            "CREATE OR REPLACE VIEW sold AS SELECT s.id FROM goods g JOIN sales s ON g.id = s.goods",
            "ALTER EVENT nightly ENABLE",
            "ALTER TABLE sales DROP FOREIGN KEY of_goods",
            "DROP FUNCTION twice",
            "ALTER TABLE years TRUNCATE PARTITION old",
            "ALTER TABLE years DROP PARTITION old",
        ],
    )
    .await;
    on_replica(
        other,
        &[
            "ALTER TABLE log ADD COLUMN mine INT",
            "ALTER TABLE log MODIFY COLUMN what ENUM('in','out','lost') CHARACTER SET utf8 COLLATE utf8_bin NOT NULL",
            "DROP TABLE last",
            "ALTER TABLE words DEFAULT CHARSET utf8mb4, MODIFY COLUMN a VARCHAR(9) CHARSET utf8mb4, \
             MODIFY COLUMN b VARCHAR(9) CHARSET latin1 COLLATE latin1_bin",
            "DROP USER clerk@'%'",
            "CREATE TABLE only_here (id INT PRIMARY KEY)",
        ],
    )
    .await;
    let report = looking.json(one, &estate.admin, &["schema-check"], 3).await;
    assert_eq!(report["verdict"], "different");
    for (kind, object, class, server) in [
        ("column", "shop.goods.note", "breaks_replication", one),
        ("column", "shop.goods.price", "breaks_the_application", one),
        ("index", "shop.goods.by_name", "breaks_the_application", one),
        ("check", "shop.goods.positive", "breaks_the_application", one),
        ("trigger", "shop.before_sale", "breaks_the_application", one),
        ("view", "shop.dearest", "breaks_the_application", one),
        ("view", "shop.sums", "breaks_the_application", one),
        ("view", "shop.sold", "breaks_the_application", one),
        ("column", "shop.words.a", "breaks_the_application", other),
        ("column", "shop.words.b", "breaks_the_application", other),
        ("options", "shop.words", "harmless", other),
        ("event", "shop.nightly", "breaks_replication", one),
        (
            "foreign_key",
            "shop.sales.of_goods",
            "breaks_the_application",
            one,
        ),
        ("routine", "function shop.twice", "breaks_the_application", one),
        ("partitions", "shop.years", "breaks_the_application", one),
        ("column", "shop.log.mine", "breaks_replication", other),
        ("column", "shop.log.what", "breaks_replication", other),
        ("table", "shop.last", "breaks_replication", other),
        ("account", "'clerk'@'%'", "breaks_replication", other),
        ("table", "shop.only_here", "harmless", other),
    ] {
        let found = difference(&report, kind, object);
        assert_eq!(found["class"], class, "{found}");
        let words = found["difference"].as_str().expect("words");
        assert!(words.starts_with(&address(server)), "{found}");
        assert!(!words.contains("; 127."), "one server differs: {found}");
    }
    assert_eq!(list(&report, "differences").len(), 20, "{:#?}", summary(&report));
    let price = difference(&report, "column", "shop.goods.price");
    assert!(
        price["difference"]
            .as_str()
            .expect("words")
            .ends_with("default is '2.50', on the first '1.50'"),
        "{price}"
    );
    for (column, words) in [
        (
            "a",
            "collation is utf8mb4_0900_ai_ci, on the first latin1_swedish_ci",
        ),
        ("b", "collation is latin1_bin, on the first latin1_swedish_ci"),
    ] {
        let found = difference(&report, "column", &format!("shop.words.{column}"));
        assert!(
            found["difference"].as_str().expect("words").ends_with(words),
            "{found}"
        );
    }
    let note = difference(&report, "column", "shop.goods.note");
    assert_eq!(note["nodes"][&address(one)], Value::Null);
    assert!(note["nodes"][&address(primary)].is_string() && note["nodes"][&address(other)].is_string());
    let statements = list(&list(note, "repair")[0], "statements");
    assert!(
        statements.contains(&"SET SESSION sql_log_bin = 0".into()),
        "{note}"
    );
    assert!(
        statements.contains(
            &"ALTER TABLE `shop`.`goods` ADD COLUMN `note` text COLLATE utf8mb4_unicode_ci AFTER `weight`"
                .into()
        ),
        "{note}"
    );

    // What loses nothing is repaired; what would is left to a person.
    let before = primary
        .value("SELECT @@GLOBAL.gtid_executed")
        .await
        .expect("told");
    let report = looking
        .json(one, &estate.admin, &["schema-check", "--execute"], 3)
        .await;
    assert_eq!(
        summary(&report)
            .iter()
            .map(|line| line.split(" (").next().unwrap_or_default())
            .collect::<Vec<_>>(),
        ["column shop.log.mine", "table shop.only_here"],
        "{report}"
    );
    for repaired in list(&report, "repaired") {
        assert_eq!(repaired["failed"], Value::Null, "{repaired}");
    }
    assert_eq!(
        primary
            .value("SELECT @@GLOBAL.gtid_executed")
            .await
            .expect("told"),
        before
    );
    for replica in [one, other] {
        let state = "SELECT CONCAT(@@GLOBAL.super_read_only, (SELECT GTID_SUBSET(@@GLOBAL.gtid_executed, '";
        let state = format!("{state}{}')))", before.clone().unwrap_or_default());
        assert_eq!(
            replica.value(&state).await.expect("told").as_deref(),
            Some("11"),
            "closed, and nothing logged"
        );
    }
    let status = "SELECT STATUS LIKE '%DISABLED' FROM information_schema.EVENTS WHERE EVENT_NAME = 'nightly'";
    assert_eq!(one.value(status).await.expect("told").as_deref(), Some("1"));
    assert!(one.value("SHOW REPLICA STATUS").await.expect("told").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_on_a_replica_of_mariadb_are_repaired() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::MariaDb1011).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(primary, "shop", &SHOP).await;
    run(
        primary,
        "shop",
        &[
            "CREATE SEQUENCE numbers START WITH 7",
            "CREATE TABLE last (id INT PRIMARY KEY, at INT, KEY by_time (at))",
        ],
    )
    .await;
    let there =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'last'";
    replica
        .wait_for(there, "1", Duration::from_secs(30))
        .await
        .expect("it follows");
    assert_same(&looking.json(replica, &estate.admin, &["schema-check"], 0).await);
    let defects = [
        "DROP SEQUENCE numbers",
        "ALTER EVENT nightly ENABLE",
        "DROP TRIGGER before_sale",
        "ALTER TABLE goods ALTER COLUMN weight SET DEFAULT 3",
        "ALTER TABLE goods DROP INDEX by_price",
    ];
    let all = format!("SET SESSION sql_log_bin = 0; {}", defects.join("; "));
    run(replica, "shop", &[&all]).await;
    let report = looking.json(replica, &estate.admin, &["schema-check"], 3).await;
    for (kind, object, class) in [
        ("sequence", "shop.numbers", "breaks_the_application"),
        ("event", "shop.nightly", "breaks_replication"),
        ("trigger", "shop.before_sale", "breaks_the_application"),
        ("column", "shop.goods.weight", "breaks_the_application"),
        ("index", "shop.goods.by_price", "breaks_the_application"),
    ] {
        assert_eq!(difference(&report, kind, object)["class"], class, "{report}");
    }
    assert_eq!(list(&report, "differences").len(), 5, "{:#?}", summary(&report));
    let logged = replica
        .value("SELECT @@GLOBAL.gtid_binlog_pos")
        .await
        .expect("told");
    let report = looking
        .json(replica, &estate.admin, &["schema-check", "--execute"], 0)
        .await;
    assert_same(&report);
    assert_eq!(list(&report, "repaired").len(), 5, "{report}");
    let after = replica
        .value("SELECT @@GLOBAL.gtid_binlog_pos")
        .await
        .expect("told");
    assert_eq!(logged, after, "nothing is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_looked_at_is_not_the_same() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "shop",
        &[
            "CREATE TABLE goods (id INT PRIMARY KEY)",
            "CREATE DEFINER = ghost@localhost SQL SECURITY INVOKER VIEW haunted AS SELECT id FROM goods",
            "CREATE DEFINER = ghost@localhost TRIGGER haunting BEFORE INSERT ON goods FOR EACH ROW SET @seen = 1",
            "CREATE DEFINER = ghost@localhost EVENT midnight ON SCHEDULE EVERY 1 DAY DO DELETE FROM goods",
            "CREATE DEFINER = ghost@localhost PROCEDURE clear() DELETE FROM goods",
            "CREATE USER halfblind@'%' IDENTIFIED BY 'Half-Blind-1'",
            "GRANT SELECT, SHOW VIEW ON shop.* TO halfblind@'%'",
            "GRANT REPLICATION CLIENT, REPLICATION SLAVE, PROCESS ON *.* TO halfblind@'%'",
        ],
    )
    .await;
    let there = "SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE '%halfblind%'";
    replica
        .wait_for(there, "2", Duration::from_secs(30))
        .await
        .expect("it follows");
    // A definer that is nowhere is a difference on all servers: between what the schema wants and what is there.
    let report = looking.json(primary, &estate.admin, &["schema-check"], 3).await;
    let ghost = difference(&report, "definer", "'ghost'@'localhost'");
    assert_eq!(ghost["class"], "breaks_the_application");
    assert_eq!(ghost["nodes"][&address(replica)], Value::Null);
    assert_eq!(ghost["nodes"][&address(primary)], Value::Null);
    assert!(
        ghost["difference"]
            .as_str()
            .expect("words")
            .contains("view shop.haunted"),
        "{ghost}"
    );
    // The primary's objects are given to the account that repairs them, and its replicas get that from it.
    let left = list(ghost, "by_hand");
    assert_eq!(
        (left.len(), &left[0]["server"]),
        (1, &address(replica).into()),
        "{ghost}"
    );
    let repair = ["schema-check", "--execute", "--even-primary"];
    assert_same(&looking.json(primary, &estate.admin, &repair, 0).await);
    run(primary, "shop", &["INSERT INTO goods VALUES (1)", "CALL clear()"]).await;

    // An account that is not shown everything says so, with what lets it look.
    let halfblind = Login::new("halfblind", "Half-Blind-1");
    let report = looking.json(primary, &halfblind, &["schema-check"], 6).await;
    assert_eq!(report["verdict"], "could_not_tell");
    let grants: Vec<&str> = list(&report, "could_not_tell")
        .iter()
        .filter_map(|untold| untold["grant"].as_str())
        .collect();
    assert!(
        grants.contains(&"GRANT TRIGGER, EVENT ON `shop`.* TO 'halfblind'@'%'"),
        "{report}"
    );
    assert!(
        grants.contains(&"GRANT SHOW_ROUTINE ON *.* TO 'halfblind'@'%'"),
        "{report}"
    );
    assert!(
        grants.contains(&"GRANT SELECT ON mysql.* TO 'halfblind'@'%'"),
        "{report}"
    );
    for grant in grants {
        run(primary, "shop", &[grant]).await;
    }
    replica
        .wait_for(
            "SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE '%halfblind%'",
            "5",
            Duration::from_secs(30),
        )
        .await
        .expect("it follows");
    assert_same(&looking.json(primary, &halfblind, &["schema-check"], 0).await);

    // Nor is a server that is gone.
    replica.kill_hard().await.expect("gone");
    let report = looking.json(primary, &estate.admin, &["schema-check"], 6).await;
    let untold = list(&report, "could_not_tell");
    assert!(
        untold.iter().any(|untold| untold["server"] == address(replica)),
        "{report}"
    );
}

/// Two lone servers of other kinds with the same statements run on both, and an account that both know.
pub(crate) async fn copies(
    looking: &Looking,
    kinds: [ServerKind; 2],
    statements: &[&str],
) -> Option<([Estate; 2], Login)> {
    let mut estates = Vec::new();
    let login = Login::new("looks_at_both", "Looks-At-Both-1");
    for kind in kinds {
        let estate = available(Estate::start(&looking.sandbox, EstateOptions::new(kind)).await)?;
        let accounts: &[&str] = match kind {
            ServerKind::Postgres(_) => {
                &["CREATE ROLE looks_at_both LOGIN SUPERUSER PASSWORD 'Looks-At-Both-1'"]
            }
            _ => &[
                "CREATE USER looks_at_both@'%' IDENTIFIED BY 'Looks-At-Both-1'",
                "GRANT ALL ON *.* TO looks_at_both@'%' WITH GRANT OPTION",
                "ALTER DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                // Stored programs keep the mode they were made in, and each version begins with another.
                "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'",
            ],
        };
        run(&estate.primary, "shop", accounts).await;
        if kind == ServerKind::MariaDb1011 {
            // Accounts that only this one begins with.
            run(
                &estate.primary,
                "shop",
                &["DROP USER root@'127.0.0.1', root@'::1'"],
            )
            .await;
        }
        run(&estate.primary, "shop", statements).await;
        estates.push(estate);
    }
    let estates: [Estate; 2] = estates.try_into().ok()?;
    Some((estates, login))
}

/// Views of which every version prints the brackets and names as it sees fit.
const BRACKETS: [&str; 4] = [
    "CREATE VIEW reckoned AS SELECT (price + 1) * 2 - (weight - (id - 3)) AS a, -(price + id) AS b, \
     CASE WHEN id > 1 AND (weight = 2 OR NOT (weight = 3 AND id = 4)) THEN (id) ELSE id + 1 END AS c, \
     made + INTERVAL (id + 1) DAY AS d FROM goods WHERE id BETWEEN (1 + 1) AND 4 AND (note IS NOT NULL OR id IN (1, 2) OR id IN (5))",
    "CREATE VIEW joined AS SELECT g.id, s.year FROM goods g JOIN sales s ON (g.id = s.goods AND s.id > 0) LEFT JOIN log l ON l.id = s.id",
    "CREATE VIEW nested AS SELECT g.id FROM goods g LEFT JOIN (sales s JOIN log l ON l.id = s.id) ON g.id = s.goods \
     WHERE g.price > (SELECT (MIN(price)) FROM goods)",
    "CREATE VIEW united AS SELECT id FROM goods UNION ALL SELECT id FROM sales WHERE NOT (year = 3)",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_schema_on_other_versions_is_the_same() {
    let looking = Looking::new();
    let shop: Vec<&str> = SHOP.iter().chain(&BRACKETS).copied().collect();
    for kinds in [
        [ServerKind::Mysql56, ServerKind::Mysql97],
        [ServerKind::MariaDb1011, ServerKind::Mysql97],
    ] {
        let Some((estates, login)) = copies(&looking, kinds, &shop).await else {
            continue;
        };
        let [old, new] = &estates;
        let url = looking.url(&new.primary, &login).await;
        let report = looking
            .json(
                &old.primary,
                &login,
                &["schema-check", "--node", &url, "--schema", "shop"],
                0,
            )
            .await;
        assert_same(&report);
        assert_eq!(list(&report, "nodes").len(), 2, "{report}");
        run(
            &new.primary,
            "shop",
            &["ALTER TABLE goods MODIFY COLUMN weight BIGINT DEFAULT 0"],
        )
        .await;
        let report = looking
            .json(
                &old.primary,
                &login,
                &["schema-check", "--node", &url, "--schema", "shop"],
                3,
            )
            .await;
        let weight = difference(&report, "column", "shop.goods.weight");
        assert!(
            weight["difference"]
                .as_str()
                .expect("words")
                .ends_with("type is bigint, on the first int"),
            "{weight}"
        );
        assert_eq!(list(&report, "differences").len(), 1, "{:?}", summary(&report));
    }
}

pub(crate) const STORE: [&str; 11] = [
    "CREATE EXTENSION citext",
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "CREATE SEQUENCE numbers START WITH 7 INCREMENT BY 3",
    "CREATE TABLE goods (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name varchar(40) NOT NULL, price numeric(9,2) NOT NULL DEFAULT 1.50, \
     state mood DEFAULT 'good', note text, CONSTRAINT positive CHECK (price > 0))",
    "CREATE INDEX by_name ON goods (lower(name)) WHERE price > 1",
    "CREATE TABLE years (id integer NOT NULL, year integer NOT NULL) PARTITION BY RANGE (year)",
    "CREATE TABLE years_old PARTITION OF years FOR VALUES FROM (0) TO (2000)",
    "CREATE VIEW dear AS SELECT id, name FROM goods WHERE price > 100 AND (state = 'good' OR note IS NULL)",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := NEW.note; RETURN NEW; END'",
    "CREATE TRIGGER before_goods BEFORE INSERT ON goods FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE TABLE sales (id bigint PRIMARY KEY, goods bigint NOT NULL REFERENCES goods (id))",
];

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_postgres_are_found_and_repaired_across_versions() {
    let looking = Looking::new();
    let kinds = [ServerKind::Postgres(17), ServerKind::Postgres(13)];
    let more = [
        "CREATE VIEW sums AS SELECT (price + 1) * 2 AS doubled, (ARRAY[id, id + 1])[1] AS a, -(price - (id - 1)) AS b, \
         price::text || (id IS DISTINCT FROM 3)::text AS c FROM goods WHERE NOT (id = 1 AND (price = 2 OR id = ANY (ARRAY[3, 4])))",
        "CREATE VIEW sold AS SELECT g.id FROM goods g JOIN sales s ON g.id = s.goods",
        "CREATE VIEW counted AS SELECT state, count(*) FILTER (WHERE price > 1) AS n FROM goods o GROUP BY state HAVING count(*) > 0 ORDER BY state",
        "CREATE VIEW numbered AS SELECT n FROM generate_series(1, 3) AS g(n) WHERE (n + 1) * 2 > 2",
        "CREATE VIEW united AS (SELECT id FROM goods LIMIT 3) UNION ALL SELECT id FROM sales WHERE EXISTS (SELECT FROM goods WHERE goods.id = sales.goods)",
    ];
    let statements: Vec<&str> = STORE.iter().chain(&more).copied().collect();
    let Some((estates, login)) = copies(&looking, kinds, &statements).await else {
        return;
    };
    let [one, other] = &estates;
    let url = looking.url(&other.primary, &login).await;
    let check = ["schema-check", "--node", &url];
    assert_same(&looking.json(&one.primary, &login, &check, 0).await);
    run(
        &other.primary,
        "shop",
        &[
            "DROP EXTENSION citext",
            "DROP SEQUENCE numbers",
            "ALTER TABLE goods DROP CONSTRAINT positive",
            "ALTER TABLE goods ALTER COLUMN price SET DEFAULT 2.50",
            "ALTER TABLE goods DROP COLUMN note CASCADE",
            "DROP INDEX by_name",
            "DROP TRIGGER before_goods ON goods",
            "CREATE VIEW dear AS SELECT id, name FROM goods WHERE price > 99",
            "CREATE OR REPLACE VIEW sums AS SELECT price + 1 * 2 AS doubled, (ARRAY[id, id + 1])[1] AS a, -(price - (id - 1)) AS b, \
             price::text || (id IS DISTINCT FROM 3)::text AS c FROM goods WHERE NOT (id = 1 AND (price = 2 OR id = ANY (ARRAY[3, 4])))",
            "CREATE OR REPLACE VIEW sold AS SELECT s.id FROM goods g JOIN sales s ON g.id = s.goods",
            "ALTER TABLE sales DROP CONSTRAINT sales_goods_fkey",
        ],
    )
    .await;
    let report = looking.json(&one.primary, &login, &check, 3).await;
    for (kind, object, class) in [
        ("extension", "citext", "breaks_the_application"),
        ("sequence", "public.numbers", "breaks_the_application"),
        ("check", "public.goods.positive", "breaks_the_application"),
        ("column", "public.goods.price", "breaks_the_application"),
        ("column", "public.goods.note", "breaks_replication"),
        ("index", "public.by_name", "breaks_the_application"),
        ("trigger", "public.goods.before_goods", "breaks_the_application"),
        ("view", "public.dear", "breaks_the_application"),
        ("view", "public.sums", "breaks_the_application"),
        ("view", "public.sold", "breaks_the_application"),
        (
            "foreign_key",
            "public.sales.sales_goods_fkey",
            "breaks_the_application",
        ),
    ] {
        let found = difference(&report, kind, object);
        assert_eq!(found["class"], class, "{found}");
        assert_eq!(list(found, "repair").len(), 1, "{found}");
    }
    assert_eq!(list(&report, "differences").len(), 11, "{:#?}", summary(&report));
    // A column that is added comes last: PostgreSQL keeps the order in which columns were made.
    let execute = [&check[..], &["--execute", "--even-primary"]].concat();
    let report = looking.json(&one.primary, &login, &execute, 0).await;
    assert_same(&report);
    assert_eq!(list(&report, "repaired").len(), 11, "{report}");
}

/// A migration whose target follows already: the plan's target is compared, too.
async fn the_target_of_a_plan(estate: EstateOptions, cluster: AuroraOptions, extra: &str) {
    let Some(ground) = ground::lay(estate.replicas(1), cluster).await else {
        return;
    };
    ground.found(500).await;
    let also = address(&ground.estate.replicas[0]);
    let named = format!("also = [\"{also}\"]");
    ground
        .init(|plan| plan.replace("# also = [\"10.0.0.7:5433\"]", &named))
        .await;
    ground
        .succeed(&["--format", "json", "run", "--until", "data.check"])
        .await;
    let check = ["--format", "json", "schema-check", "--also", &also];
    let output = ground.run(&check).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_same(&report);
    let places: Vec<&str> = list(&report, "nodes")
        .iter()
        .filter_map(|node| node["place"].as_str())
        .collect();
    assert_eq!(places, ["primary", "replica", "target"], "{report}");

    // What the target has beside is no harm to it, and on the way back.
    ground.cluster.sql(extra).await.expect("altered");
    let report: Value = serde_json::from_slice(&ground.run(&check).await.stdout).expect("JSON");
    let differences = list(&report, "differences");
    assert_eq!(differences.len(), 1, "{:?}", summary(&report));
    assert_eq!(differences[0]["class"], "breaks_the_way_back", "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_of_a_plan_of_mysql() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let extra = "CREATE TABLE shop.beside (id INT PRIMARY KEY)";
    the_target_of_a_plan(estate, AuroraOptions::mysql().gtid(true), extra).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_of_a_plan_of_postgres() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    the_target_of_a_plan(
        estate,
        AuroraOptions::postgres(17),
        "SET TRANSACTION READ WRITE; CREATE TABLE beside (id integer PRIMARY KEY)",
    )
    .await;
}
