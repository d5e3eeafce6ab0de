//! What the servers must have is looked at before anything is changed, and named with what mends it: on real servers.

use daybreak_sandbox::{AuroraOptions, EstateOptions, Server, ServerKind};

use crate::ground::{self, Ground};
use crate::refusals::refused;

async fn mysql() -> Option<Ground> {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let ground = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await?;
    ground.found(50).await;
    Some(ground)
}

async fn postgres() -> Option<Ground> {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    let ground = ground::lay(estate, AuroraOptions::postgres(17)).await?;
    ground.found(50).await;
    Some(ground)
}

/// Runs statements as the superuser.
async fn on(server: &Server, database: &str, statements: &[&str]) {
    for statement in statements {
        let run = server.rows_in(database, statement).await;
        run.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[track_caller]
fn assert_says(said: &str, all: &[&str]) {
    for words in all {
        assert!(said.contains(words), "`{words}` is missing in: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_names_definers_and_settings_that_the_target_lacks() {
    let Some(ground) = mysql().await else { return };
    let (primary, writer) = (&ground.estate.primary, ground.cluster.writer());
    on(
        primary,
        "shop",
        &[
            "CREATE USER 'ghost'@'10.%' IDENTIFIED BY 'Only-here-1'",
            "GRANT SELECT ON shop.* TO 'ghost'@'10.%'",
            "CREATE DEFINER = 'ghost'@'10.%' VIEW seen AS SELECT page FROM visits",
            "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2",
            "CREATE TRIGGER counted BEFORE INSERT ON visits FOR EACH ROW SET @seen = 1",
            "CREATE DATABASE attic",
            "CREATE TABLE attic.boxes (id INT PRIMARY KEY)",
        ],
    )
    .await;
    on(
        writer,
        "mysql",
        &["SET GLOBAL log_bin_trust_function_creators = 0"],
    )
    .await;
    ground
        .cluster
        .sql("CALL mysql.rds_set_configuration('binlog retention hours', NULL)")
        .await
        .expect("as Aurora begins");
    ground.init(|plan| plan.replace("\"attic\", ", "")).await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "target (127.0.0.1:",
            "`binlog retention hours` = NULL",
            "CALL mysql.rds_set_configuration('binlog retention hours', 168)",
        ],
    );
    ground
        .cluster
        .sql("CALL mysql.rds_set_configuration('binlog retention hours', 168)")
        .await
        .expect("kept");

    on(
        primary,
        "shop",
        &[
            "CREATE TABLE kept (id INT PRIMARY KEY, CONSTRAINT boxed FOREIGN KEY (id) REFERENCES attic.boxes (id))",
            "CREATE VIEW boxed AS SELECT id FROM attic.boxes",
        ],
    )
    .await;
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "foreign key shop.kept.boxed (it refers to schema attic",
            "view shop.boxed (it reads from schema attic",
            "add `attic` to `migration.schemas`",
        ],
    );
    on(primary, "shop", &["DROP VIEW boxed", "DROP TABLE kept"]).await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    let make = "CREATE USER 'ghost'@'10.%' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK";
    assert_says(
        &said,
        &[
            "target (127.0.0.1:",
            "account 'ghost'@'10.%'",
            "view shop.seen",
            make,
            "account 'root'@'localhost'",
            "function shop.twice",
            "trigger shop.new_order",
            "log_bin_trust_function_creators = 1` in the cluster parameter group",
            "schema attic: the plan leaves it out",
            "`replicate-ignore-db` in the cluster parameter group",
        ],
    );
    let made = primary
        .value("SELECT COUNT(*) FROM mysql.user WHERE user = 'daybreak_repl'")
        .await
        .expect("asked");
    assert_eq!(made.as_deref(), Some("0"), "nothing was made");
    let tables = ground.cluster.sql("SHOW TABLES IN shop").await.expect("listed");
    assert!(tables.is_empty(), "nothing was made");

    // The statements that it names are those that help.
    on(
        writer,
        "mysql",
        &[
            "SET GLOBAL log_bin_trust_function_creators = 1",
            "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (attic)",
        ],
    )
    .await;
    for statement in [
        make,
        "CREATE USER 'root'@'localhost' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK",
    ] {
        ground.cluster.sql(statement).await.expect("made");
    }
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(&said, &["trigger shop.counted, and lacks TRIGGER here"]);
    ground
        .cluster
        .sql("GRANT TRIGGER ON shop.* TO 'root'@'localhost'")
        .await
        .expect("granted");
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "view shop.seen on the target cannot be used",
            "its definer may not read it",
        ],
    );
    ground
        .cluster
        .sql("GRANT SELECT ON shop.* TO 'ghost'@'10.%'")
        .await
        .expect("granted");
    on(primary, "attic", &["INSERT INTO boxes VALUES (1)"]).await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    // What is left out is passed over, and what comes after it arrives.
    on(
        primary,
        "attic",
        &[
            "INSERT INTO boxes VALUES (2)",
            "INSERT INTO shop.visits VALUES ('/attic', NOW())",
        ],
    )
    .await;
    let arrived = "SELECT COUNT(*) FROM shop.visits WHERE page = '/attic'";
    writer
        .wait_for(arrived, "1", std::time::Duration::from_secs(30))
        .await
        .expect("replication goes on");
    ground
        .cluster
        .sql("SELECT page FROM shop.seen")
        .await
        .expect("usable");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_names_roles_and_extensions_that_the_target_lacks() {
    let Some(ground) = postgres().await else { return };
    let (primary, writer) = (&ground.estate.primary, ground.cluster.writer());
    on(
        primary,
        "shop",
        &[
            "CREATE ROLE \"Auditors\" NOLOGIN",
            "GRANT SELECT ON shop.accounts TO \"Auditors\"",
            "CREATE EXTENSION old_snapshot",
            "CREATE TYPE shop.pair AS (x integer, y text)",
            "CREATE CAST (shop.pair AS text) WITH INOUT",
            "CREATE AGGREGATE shop.middle(float8 ORDER BY float8)
                (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
            "CREATE TABLE shop.secrets (id integer PRIMARY KEY)",
            "ALTER TABLE shop.secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "ALTER DATABASE shop SET search_path = shop, \"$user\"",
            "ALTER SYSTEM SET max_slot_wal_keep_size = '64MB'",
            "SELECT pg_reload_conf()",
        ],
    )
    .await;
    primary
        .wait_for(
            "SHOW max_slot_wal_keep_size",
            "64MB",
            std::time::Duration::from_secs(10),
        )
        .await
        .expect("read again");
    // Aurora takes neither this extension nor this aggregate; the stand-in does, and this is about what comes after.
    let waived = [
        "extension.not_offered",
        "extension.abandoned",
        "aggregate.internal_state",
    ]
    .map(|check| {
        format!(
            "\n[[waivers]]\ncheck = \"postgresql.{check}\"\nreason = \"a stand-in\"\nexpires = 2999-12-31\n"
        )
    });
    ground.init(|plan| plan + &waived.concat()).await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "source (127.0.0.1:",
            "max_slot_wal_keep_size = 64MB",
            "ALTER SYSTEM SET max_slot_wal_keep_size = -1",
        ],
    );
    on(
        primary,
        "shop",
        &[
            "ALTER SYSTEM RESET max_slot_wal_keep_size",
            "SELECT pg_reload_conf()",
        ],
    )
    .await;
    primary
        .wait_for(
            "SHOW max_slot_wal_keep_size",
            "-1",
            std::time::Duration::from_secs(10),
        )
        .await
        .expect("read again");

    primary.set("max_replication_slots", "1");
    primary.restart().await.expect("back");
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "two replication slots are needed, and 0 of the 1 of source (127.0.0.1:",
            "raise `max_replication_slots`",
        ],
    );
    primary.set("max_replication_slots", "20");
    primary.restart().await.expect("back");

    // Went with PostgreSQL 17.
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "extension old_snapshot",
            "cast (shop.pair AS pg_catalog.text)",
            "aggregate shop.middle",
            "hint: aggregate shop.middle",
        ],
    );
    on(
        primary,
        "shop",
        &[
            "DROP EXTENSION old_snapshot",
            "DROP CAST (shop.pair AS text)",
            "DROP AGGREGATE shop.middle(float8 ORDER BY float8)",
        ],
    )
    .await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "target (127.0.0.1:",
            "role \"Auditors\"",
            "table shop.accounts",
            "CREATE ROLE \"Auditors\" NOLOGIN",
            "row security of shop.secrets",
            "NO FORCE ROW LEVEL SECURITY",
        ],
    );
    on(
        primary,
        "shop",
        &["ALTER TABLE shop.secrets NO FORCE ROW LEVEL SECURITY"],
    )
    .await;
    let slots = primary
        .value("SELECT count(*) FROM pg_replication_slots")
        .await
        .expect("asked");
    assert_eq!(slots.as_deref(), Some("0"), "nothing was made");

    ground
        .cluster
        .sql("CREATE ROLE \"Auditors\" NOLOGIN")
        .await
        .expect("made");
    // What fails at the end of a load says why, and keeps no slot.
    on(
        primary,
        "shop",
        &[
            "CREATE FUNCTION shop.counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM accounts'",
            "CREATE MATERIALIZED VIEW shop.counts AS SELECT shop.counted() AS accounts",
        ],
    )
    .await;
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "note: target (127.0.0.1:",
            "ALTER DATABASE \"shop\" SET \"search_path\" TO 'shop', '$user'",
            "rows of shop.counts on target",
            "hint: a function that is called there names something without its schema",
        ],
    );
    let slots = primary
        .value("SELECT count(*) FROM pg_replication_slots")
        .await
        .expect("asked");
    assert_eq!(slots.as_deref(), Some("0"), "the source keeps no log for it");
    let path = "ALTER FUNCTION shop.counted() SET search_path = shop";
    on(primary, "shop", &[path]).await;
    ground.cluster.sql(path).await.expect("altered");
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    let granted = writer
        .rows_in(
            "shop",
            "SELECT has_table_privilege('Auditors', 'shop.accounts', 'SELECT')
                    AND has_schema_privilege('Auditors', 'public', 'CREATE')",
        )
        .await
        .expect("asked");
    assert_eq!(granted, [[Some("t".to_owned())]], "the rights came along");
}

/// `tls=verify` against a certificate nobody vouches for, against a server without TLS, and `tls=off` against one that insists.
async fn insists_on_tls(ground: &Ground, without_tls: (&str, &str)) {
    ground.init(|plan| plan).await;
    let text = std::fs::read_to_string(ground.plan()).expect("the plan");
    let authority = ground
        .sandbox
        .certificate_authority()
        .await
        .expect("an authority");
    let trust = format!("&ca={}", authority.display());

    ground.change(|plan| plan.replacen(&trust, "", 1));
    let said = refused(ground, &["run", "--yes"], 1).await;
    assert_says(&said, &["source (127.0.0.1:", "ertificate", "hint:", "ca = FILE"]);

    std::fs::write(ground.plan(), &text).expect("the plan");
    let primary = &ground.estate.primary;
    primary.set(without_tls.0, without_tls.1);
    primary.restart().await.expect("back");
    let said = refused(ground, &["run", "--yes"], 1).await;
    assert_says(&said, &["source (127.0.0.1:", "hint:", "off`"]);

    // Our own connections in plain text are the plan's choice; replication is still to be encrypted.
    ground.change(|plan| plan.replacen(&format!("tls=verify{trust}"), "tls=off", 1));
    let said = refused(ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &["source (127.0.0.1:", "offers no TLS", "replication.tls = false"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_without_the_tls_that_the_plan_asks_for() {
    let Some(ground) = mysql().await else { return };
    insists_on_tls(&ground, ("tls_version", "''")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_without_the_tls_that_the_plan_asks_for() {
    let Some(ground) = postgres().await else { return };
    insists_on_tls(&ground, ("ssl", "off")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_insists_on_tls_is_not_spoken_to_in_plain_text() {
    let estate = EstateOptions::new(ServerKind::Mysql97)
        .gtid(true)
        .require_tls(true);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.init(|plan| plan).await;
    let authority = ground
        .sandbox
        .certificate_authority()
        .await
        .expect("an authority");
    let verified = format!("tls=verify&ca={}", authority.display());
    ground.change(|plan| plan.replacen(&verified, "tls=off", 1));
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "source (127.0.0.1:",
            "encrypted connections only",
            "`verify` or `require`",
        ],
    );
}

/// A source whose clock goes five minutes before the target's.
async fn differs_by_five_minutes(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(ground) = ground::lay(estate.clock_offset(300), cluster).await else {
        return;
    };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert_says(
        &said,
        &[
            "the clocks of source (127.0.0.1:",
            "target (127.0.0.1:",
            "more than 1000 ms",
            "synchronise the clocks",
        ],
    );
    let measured = said
        .split("differ by ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let measured: i64 = measured.and_then(|number| number.parse().ok()).expect("a number");
    assert!((299_000..=301_000).contains(&measured), "{measured} ms");

    ground.change(|plan| plan.replace("max_clock_skew_ms = 1000", "max_clock_skew_ms = 400000"));
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_clocks_that_differ_are_measured_and_refused() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    differs_by_five_minutes(estate, AuroraOptions::mysql().gtid(true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_clocks_that_differ_are_measured_and_refused() {
    differs_by_five_minutes(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await;
}
