//! `daybreak data-check --delta`: only what changed since the last verdict is compared, and an honest answer is given where that
//! cannot be known.

use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Login, Server, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list};

async fn run(server: &Server, statements: &str) {
    let ran = server.rows_in("shop", statements).await;
    ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// What a replica does not get from its primary.
async fn behind_its_back(replica: &Server, statements: &str) {
    let opened = match replica.kind() {
        ServerKind::Mysql97 => "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0",
        _ => "SET SESSION sql_log_bin = 0",
    };
    run(replica, &format!("{opened}; {statements}")).await;
}

/// Waits until a server answers 1.
async fn waits(server: &Server, question: &str) {
    let answered = server.wait_for(question, "1", Duration::from_secs(60)).await;
    answered.unwrap_or_else(|error| panic!("{error}"));
}

/// Throws away all binary logs but the last: a server keeps one for as long as somebody reads it.
async fn purge(server: &Server) {
    for _ in 0..600 {
        let logs = server.rows("SHOW BINARY LOGS").await.expect("logs");
        let last = logs.last().and_then(|row| row[0].clone()).expect("a log");
        if logs.len() == 1 {
            return;
        }
        run(server, &format!("PURGE BINARY LOGS TO '{last}'")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the logs were never purged");
}

fn verdict_of<'a>(report: &'a Value, table: &str) -> &'a Value {
    let tables = list(&list(report, "nodes")[0], "tables").iter();
    let mut found = tables.filter(|outcome| outcome["table"]["name"] == table);
    found.next().unwrap_or_else(|| panic!("no {table} in {report}"))
}

fn rows(report: &Value) -> Vec<String> {
    let mut rows: Vec<String> = list(report, "differences")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            format!("{} ({}) {}", text("table"), text("key"), text("kind"))
        })
        .collect();
    rows.sort();
    rows
}

async fn on_mysql(kind: ServerKind, gtid: bool) {
    let looking = Looking::new();
    let options = EstateOptions::new(kind).gtid(gtid).replicas(1);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, replica) = (&estate.primary, &estate.replicas[0]);
    run(
        primary,
        "CREATE TABLE orders (id INT PRIMARY KEY, v VARCHAR(20)); \
         CREATE TABLE items (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES orders (id) ON DELETE CASCADE); \
         CREATE TABLE quiet (id INT PRIMARY KEY); CREATE TABLE emptied (id INT PRIMARY KEY); \
         INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e'); INSERT INTO items VALUES (1, 5), (2, 4); \
         INSERT INTO quiet VALUES (1), (2); INSERT INTO emptied VALUES (1)",
    )
    .await;
    let check = async |arguments: &[&str], status: i32| {
        let all = [&["data-check"], arguments].concat();
        looking.json(primary, &estate.admin, &all, status).await
    };
    // Without a verdict there is nothing to go on from.
    let none = check(&["--delta"], 6).await;
    assert_eq!(none["verdict"], "could_not_tell", "{none}");
    assert!(none["untold"].to_string().contains("full check"), "{none}");

    behind_its_back(replica, "UPDATE orders SET v = 'x' WHERE id = 2").await;
    let full = check(&[], 3).await;
    assert_eq!(rows(&full), ["shop.orders (2) changed"]);
    assert_eq!(full["nodes"][0]["since"], Value::Null);

    // Nothing changed: only the row that was not the same is looked at.
    let report = check(&["--delta"], 3).await;
    assert_eq!(rows(&report), ["shop.orders (2) changed"]);
    assert_eq!(report["nodes"][0]["rows"], 1, "{report}");
    assert_ne!(report["nodes"][0]["since"], Value::Null);

    run(
        primary,
        "UPDATE orders SET v = 'new' WHERE id = 3; DELETE FROM orders WHERE id = 5; INSERT INTO orders VALUES (6, 'f'); \
         TRUNCATE TABLE emptied; CREATE TABLE fresh (id INT PRIMARY KEY); INSERT INTO fresh VALUES (1)",
    )
    .await;
    waits(replica, "SELECT COUNT(*) FROM shop.fresh").await;
    behind_its_back(
        replica,
        "UPDATE orders SET v = 'b' WHERE id = 2; UPDATE orders SET v = 'old' WHERE id = 3; INSERT INTO items VALUES (9, NULL); \
         INSERT INTO emptied VALUES (7)",
    )
    .await;
    let report = check(&["--delta"], 3).await;
    assert_eq!(
        rows(&report),
        [
            "shop.emptied (7) extra",
            "shop.items (9) extra",
            "shop.orders (3) changed"
        ],
        "what was mended is the same again, and what a cascade took is looked at"
    );
    // 3, 5, 6 and the one that was not the same before.
    assert_eq!(verdict_of(&report, "orders")["rows"], 4, "{report}");
    assert_eq!(verdict_of(&report, "quiet")["rows"], 0, "{report}");
    assert_eq!(verdict_of(&report, "fresh")["rows"], 1, "{report}");

    let report = check(&["--delta", "--execute"], 0).await;
    assert!(rows(&report).is_empty(), "{report}");
    let report = check(&["--delta"], 0).await;
    assert_eq!(report["nodes"][0]["rows"], 0, "{report}");

    // A log that is gone is no proof of anything.
    run(primary, "FLUSH LOGS; INSERT INTO quiet VALUES (3); FLUSH LOGS").await;
    purge(primary).await;
    let report = check(&["--delta"], 6).await;
    let why = report["untold"].to_string();
    assert!(why.contains("purged") && why.contains("full check"), "{report}");
    check(&[], 0).await;
    check(&["--delta"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_with_gtid() {
    on_mysql(ServerKind::Mysql97, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb() {
    on_mysql(ServerKind::MariaDb1011, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_for_it_is_what_an_account_needs() {
    let looking = Looking::new();
    for kind in [ServerKind::MariaDb1011, ServerKind::Mysql97] {
        let options = EstateOptions::new(kind).replicas(1);
        let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
            continue;
        };
        let (primary, replica) = (&estate.primary, &estate.replicas[0]);
        run(
            primary,
            "CREATE TABLE orders (id INT PRIMARY KEY); \
             CREATE TABLE items (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES orders (id) ON DELETE CASCADE); \
             INSERT INTO orders VALUES (1), (2); INSERT INTO items VALUES (1, 1); \
             CREATE USER compares@'%' IDENTIFIED BY 'Only-This-1'",
        )
        .await;
        let grant = async |job: &str| {
            let arguments = ["--format", "json", "accounts", "--for", job, "--user", "compares"];
            let printed = looking.run(primary, &estate.admin, &arguments).await;
            let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
            for statement in list(&printed, "statements") {
                run(primary, statement.as_str().expect("a statement")).await;
            }
            run(
                primary,
                &format!("CREATE TABLE granted_{job} (id INT PRIMARY KEY)"),
            )
            .await;
            let arrived =
                format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'granted_{job}'");
            waits(replica, &arrived).await;
        };
        grant("check").await;
        let login = Login::new("compares", "Only-This-1");
        looking.json(primary, &login, &["data-check"], 0).await;
        if kind == ServerKind::MariaDb1011 {
            let report = looking.json(primary, &login, &["data-check", "--delta"], 6).await;
            let why = report["untold"].to_string();
            assert!(
                why.contains("REPLICATION SLAVE") && why.contains("--for delta"),
                "{report}"
            );
        }
        grant("delta").await;
        run(
            primary,
            "DELETE FROM orders WHERE id = 1; CREATE TABLE last (id INT PRIMARY KEY)",
        )
        .await;
        waits(
            replica,
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'last'",
        )
        .await;
        behind_its_back(replica, "INSERT INTO items VALUES (9, 2)").await;
        let report = looking.json(primary, &login, &["data-check", "--delta"], 3).await;
        assert_eq!(
            rows(&report),
            ["shop.items (9) extra"],
            "a cascade is seen: {kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_by_a_kept_slot() {
    let looking = Looking::new();
    let started = tokio::join!(
        Estate::start(&looking.sandbox, EstateOptions::new(ServerKind::Postgres(17))),
        Estate::start(&looking.sandbox, EstateOptions::new(ServerKind::Postgres(15)))
    );
    let (Some(estate), Some(copy)) = (available(started.0), available(started.1)) else {
        return;
    };
    let primary = &estate.primary;
    let make = "CREATE TABLE public.orders (id integer PRIMARY KEY, v text); CREATE TABLE public.bag (v text); \
                CREATE TABLE public.quiet (id integer PRIMARY KEY); \
                INSERT INTO public.orders VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); INSERT INTO public.bag VALUES ('x'), ('x'); \
                INSERT INTO public.quiet VALUES (1)";
    run(primary, make).await;
    run(&copy.primary, make).await;
    let same = format!(
        "ALTER ROLE \"{}\" PASSWORD '{}'",
        copy.admin.name(),
        estate.admin.password()
    );
    run(&copy.primary, &same).await;
    let other = looking.url(&copy.primary, &copy.admin).await;
    let check = async |arguments: &[&str], status: i32| {
        let all = [&["data-check", "--node", &other], arguments].concat();
        looking.json(primary, &estate.admin, &all, status).await
    };
    let slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'daybreak_check_%'";

    // A whole check alone keeps nothing.
    check(&[], 0).await;
    let report = check(&["--delta"], 6).await;
    assert!(report["untold"].to_string().contains("--keep-slot"), "{report}");
    assert_eq!(primary.value(slots).await.expect("a count").as_deref(), Some("0"));

    check(&["--keep-slot"], 0).await;
    assert_eq!(primary.value(slots).await.expect("a count").as_deref(), Some("1"));
    let report = check(&["--delta"], 0).await;
    assert_eq!(verdict_of(&report, "orders")["rows"], 0, "{report}");
    let change = "UPDATE public.orders SET v = 'new' WHERE id = 2; DELETE FROM public.orders WHERE id = 4; \
                  INSERT INTO public.bag VALUES ('y')";
    run(primary, change).await;
    run(&copy.primary, "DELETE FROM public.orders WHERE id = 4").await;
    for _ in 0..2 {
        let report = check(&["--delta"], 3).await;
        assert_eq!(
            rows(&report),
            ["public.bag ('y'::text) missing", "public.orders (2) changed"]
        );
        assert_eq!(verdict_of(&report, "quiet")["rows"], 0, "{report}");
    }
    check(&["--delta", "--execute"], 0).await;
    let report = check(&["--delta"], 0).await;
    assert_eq!(
        verdict_of(&report, "orders")["rows"],
        0,
        "what was read is not kept any longer: {report}"
    );

    let dropped = looking
        .run(
            primary,
            &estate.admin,
            &["data-check", "--node", &other, "--drop-slot"],
        )
        .await;
    assert!(dropped.status.success());
    assert_eq!(primary.value(slots).await.expect("a count").as_deref(), Some("0"));
    let report = check(&["--delta"], 6).await;
    assert!(report["untold"].to_string().contains("--keep-slot"), "{report}");
}
