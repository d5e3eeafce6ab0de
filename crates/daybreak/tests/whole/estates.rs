//! Estates that cannot go both ways, on real servers: what can be carried is carried exactly, and what cannot is refused with
//! its reason before anything is changed.

use daybreak_sandbox::{AuroraOptions, EstateOptions, Row, Server, ServerKind};

use crate::ground::{self, Ground};
use crate::moved_meanwhile::asked;
use crate::refusals::refused;

/// Every byte that MySQL's latin1 has beyond ASCII, those of 0x80 to 0x9F included, in a column, a key and a comment.
const LETTERS: [&str; 4] = [
    "CREATE TABLE letters (word VARCHAR(40) NOT NULL PRIMARY KEY, code TINYINT UNSIGNED, note TEXT, KEY note (note(10))) \
     ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_german1_ci COMMENT='Wörter'",
    "INSERT INTO letters SELECT CONCAT(n, CONVERT(UNHEX(HEX(n)) USING latin1)), n, CONVERT(UNHEX(HEX(n)) USING latin1) \
     FROM (SELECT 128 + a.d * 16 + b.d AS n FROM \
           (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
            UNION ALL SELECT 6 UNION ALL SELECT 7) AS a, \
           (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
            UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL \
            SELECT 11 UNION ALL SELECT 12 UNION ALL SELECT 13 UNION ALL SELECT 14 UNION ALL SELECT 15) AS b) AS bytes",
    "INSERT INTO letters VALUES ('Grüße', 0, 'naïve café — “so”')",
    "INSERT INTO letters VALUES ('', 1, NULL)",
];

/// All rows of the table of letters, each value as the bytes that are stored.
async fn letters(server: &Server) -> Vec<Row> {
    let question = "SELECT HEX(word), code, HEX(note), CHARSET(word), COLLATION(note) FROM shop.letters ORDER BY code, BINARY word";
    server.rows(question).await.expect("read")
}

/// Whether the server has this account.
async fn has_account(server: &Server, user: &str) -> bool {
    let question = format!("SELECT COUNT(*) FROM mysql.user WHERE user = '{user}'");
    server.value(&question).await.expect("asked").as_deref() == Some("1")
}

/// Nothing was made on either side.
async fn assert_untouched(ground: &Ground) {
    let schemas = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'";
    let there = ground.cluster.writer().value(schemas).await.expect("asked");
    assert_eq!(there.as_deref(), Some("0"), "nothing is on the target");
    let primary = &ground.estate.primary;
    assert!(
        !has_account(primary, "daybreak_repl").await,
        "no account was made"
    );
}

/// Runs a statement as the application, whose client speaks UTF-8.
async fn at_source(ground: &Ground, statements: &[&str]) {
    for statement in statements {
        let made = ground.estate.sql(statement).await;
        made.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_5_6_goes_out_and_not_home() {
    let Some(mut ground) = ground::lay(EstateOptions::new(ServerKind::Mysql56), AuroraOptions::mysql()).await
    else {
        return;
    };
    ground.found(2_000).await;
    at_source(&ground, &LETTERS).await;
    ground.init(|plan| plan).await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("offers no TLS") && said.contains("replication.tls = false"),
        "{said}"
    );
    ground.change(|plan| plan.replace("tls = true", "tls = false"));
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("there is no way back")
            && said.contains("must not be older")
            && said.contains("replication.way_back = false"),
        "{said}"
    );
    assert_untouched(&ground).await;

    ground.change(|plan| plan.replace("way_back = true", "way_back = false"));
    ground.start_gate().await;
    let bank = ground.open_bank(8);
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    at_source(
        &ground,
        &[
            "INSERT INTO letters VALUES ('später', 2, 'Ä€ß')",
            "UPDATE letters SET note = CONCAT(note, 'ü') WHERE code BETWEEN 128 AND 140",
            "DELETE FROM letters WHERE code = 200",
        ],
    )
    .await;
    let expected = letters(&ground.estate.primary).await;
    assert_eq!(expected.len(), 130);
    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert_eq!(ground.writable().await, [false, true]);
    assert_eq!(letters(ground.cluster.writer()).await, expected);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let ledger = bank.close().await;
    ground.assert_target_has_all(&ledger).await;

    let said = refused(&ground, &["failback", "--yes"], 2).await;
    assert!(
        said.contains("keeps no way back") && said.contains("must not be older") && said.contains("hint:"),
        "{said}"
    );
    ground.change(|plan| plan.replace("way_back = false", "way_back = true"));
    let said = refused(&ground, &["failback", "--yes"], 1).await;
    assert!(said.contains("must not be older"), "{said}");
    assert_eq!(ground.writable().await, [false, true], "nothing was moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_loaded_and_compared_with_writes_stopped() {
    let Some(ground) = ground::lay(
        EstateOptions::new(ServerKind::MariaDb1011),
        AuroraOptions::mysql(),
    )
    .await
    else {
        return;
    };
    ground.found(2_000).await;
    at_source(&ground, &LETTERS).await;
    // A number whose row is gone is not handed out again on the other side.
    let numbered = [
        "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY)",
        "INSERT INTO numbered VALUES (1), (700)",
        "DELETE FROM numbered WHERE id = 700",
    ];
    at_source(&ground, &numbered).await;
    ground.init(|plan| plan).await;

    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("cannot follow")
            && said.contains("MariaDB's own log events")
            && said.contains("replication.native = false")
            && said.contains("daybreak run --until data.check"),
        "{said}"
    );
    assert_untouched(&ground).await;
    assert!(ground.writable().await[0], "the source is written as before");

    ground.change(|plan| plan.replace("native = true", "native = false"));
    let said = refused(&ground, &["run", "--yes"], 2).await;
    assert!(said.contains("`replication.way_back` is true"), "{said}");
    ground.change(|plan| plan.replace("way_back = true", "way_back = false"));

    let mut run = ground
        .daybreak(&["--format", "json", "run", "--until", "data.check"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    ground::wait_for_line(&mut run, "approval_asked").await;
    assert!(ground.writable().await[0], "writes go on until somebody approved");
    run.kill().await.expect("killed");
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    assert_eq!(ground.writable().await, [false, false], "both sides stand still");
    let source = letters(&ground.estate.primary).await;
    assert_eq!(source.len(), 130);
    assert_eq!(letters(ground.cluster.writer()).await, source);
    let next = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_NAME = 'numbered'";
    let next = ground.cluster.writer().value(next).await.expect("asked");
    assert_eq!(next.as_deref(), Some("701"));

    let said = refused(&ground, &["run", "--yes"], 4).await;
    assert!(
        said.contains("there is no cut-over")
            && said.contains("CALL mysql.rds_set_read_only(0)")
            && said.contains("EVENT `shop`.`forget_visits` ENABLE"),
        "{said}"
    );
    let said = refused(&ground, &["failback", "--yes"], 2).await;
    assert!(said.contains("does not read binary logs of MySQL"), "{said}");
    ground.succeed(&["--format", "json", "rollback"]).await;
    assert!(ground.writable().await[0], "taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_without_replication_is_opened_by_hand_as_it_says() {
    let source = EstateOptions::new(ServerKind::Postgres(15));
    let Some(ground) = ground::lay(source, AuroraOptions::postgres(17)).await else {
        return;
    };
    ground.found(200).await;
    ground
        .init(|plan| {
            plan.replace("native = true", "native = false")
                .replace("way_back = true", "way_back = false")
        })
        .await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    assert_eq!(ground.writable().await, [false, false], "both sides stand still");
    asked(&ground, 0, "opened by hand: `daybreak run` says how").await;

    let said = refused(&ground, &["run", "--yes"], 4).await;
    let file = ground.folder.path().join(".daybreak/open-target.sql");
    assert!(
        said.contains("there is no cut-over")
            && said.contains(".daybreak/open-target.sql on target (127.0.0.1:")
            && said.contains(&format!(
                "as `{}` in the database `shop`",
                ground.cluster.admin.name()
            )),
        "{said}"
    );
    let psql = ground
        .sandbox
        .program(ground.cluster.writer().kind(), "psql")
        .await;
    let run = tokio::process::Command::new(psql.expect("it comes with the server"))
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"])
        .arg(&file)
        .arg(ground.cluster.admin_url())
        .output()
        .await
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(ground.writable().await, [false, true], "opened");
    asked(&ground, 0, "the target was opened by hand").await;
}

/// Why `migrate` refuses: the follower stops at the first transaction, which would otherwise come out after the load.
#[tokio::test(flavor = "multi_thread")]
async fn mysql_cannot_follow_mariadb_even_by_file_position() {
    let Some(ground) = ground::lay(
        EstateOptions::new(ServerKind::MariaDb1011),
        AuroraOptions::mysql(),
    )
    .await
    else {
        return;
    };
    let (primary, writer) = (&ground.estate.primary, ground.cluster.writer());
    let table = "CREATE TABLE shop.a (id INT PRIMARY KEY)";
    for server in [primary, writer] {
        server.rows(table).await.expect("made");
    }
    let replicator = &ground.estate.replicator;
    let end = &primary.rows("SHOW MASTER STATUS").await.expect("asked")[0];
    let text = |column: usize| end[column].clone().expect("a value");
    let point = format!(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, SOURCE_USER = '{}', SOURCE_PASSWORD = '{}', \
         SOURCE_SSL = 1, SOURCE_LOG_FILE = '{}', SOURCE_LOG_POS = {}",
        primary.port(),
        replicator.name(),
        replicator.password(),
        text(0),
        text(1)
    );
    writer.rows(&point).await.expect("pointed");
    writer.rows("START REPLICA").await.expect("started");
    primary
        .rows("INSERT INTO shop.a VALUES (1)")
        .await
        .expect("written");
    writer
        .wait_for(
            "SELECT last_error_number FROM performance_schema.replication_applier_status_by_coordinator WHERE channel_name = ''",
            "13121",
            std::time::Duration::from_secs(30),
        )
        .await
        .expect("it stops at the first event that it does not know");
    let arrived = writer.rows("SELECT id FROM shop.a").await.expect("read");
    assert!(arrived.is_empty(), "nothing came through");
}
