//! `daybreak slow advise` on real servers: a planted slow statement is found, its index proven on a clone, made online, and gone from the
//! next log; nothing of the company's is touched before that.

use std::path::{Path, PathBuf};

use daybreak_sandbox::{Estate, EstateOptions, Login, Server, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list, log_of, logging, run};

const MYSQL: &str = "
    CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, state VARCHAR(20) NOT NULL, placed DATETIME NOT NULL,
        note TEXT, code VARCHAR(20), KEY by_customer_state (state, customer), KEY by_state (state), KEY never (code));
    CREATE TABLE digits (d INT);
    INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
    INSERT INTO orders (customer, state, placed, note, code)
        SELECT n % 5000, 'open', NOW() - INTERVAL n % 3000 HOUR, REPEAT('x', 50), n FROM
            (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS n FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e) AS n";

const POSTGRES: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TYPE public.mood AS ENUM ('open', 'done');
    CREATE TABLE public.orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL, state public.mood NOT NULL,
        placed timestamptz NOT NULL, note text, code text);
    CREATE INDEX by_customer_state ON public.orders (state, customer);
    CREATE INDEX by_state ON public.orders (state);
    CREATE INDEX never ON public.orders (code);
    DROP INDEX public.by_customer_state;
    CREATE INDEX by_state_note ON public.orders (state, note);
    INSERT INTO public.orders (customer, state, placed, note, code)
        SELECT n % 5000, 'open', now() - make_interval(hours => n % 3000), repeat('x', 50), n FROM generate_series(1, 100000) AS n;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC";

/// Slow, and quick with an index on the customer and when it was placed.
const SLOW: &str =
    "SELECT id, note FROM orders WHERE customer = 77 AND placed > '2000-01-01' ORDER BY placed DESC LIMIT 5";
/// Slow by itself: no index helps.
const HOPELESS: &str = "SELECT COUNT(*) FROM orders WHERE note LIKE '%y'";

struct Ground {
    looking: Looking,
    estate: Estate,
    log: PathBuf,
    also: String,
    adviser: Login,
}

impl Ground {
    async fn new(kind: ServerKind) -> Option<Self> {
        let looking = Looking::new();
        let postgres = matches!(kind, ServerKind::Postgres(_));
        let options = EstateOptions::new(kind)
            .gtid(kind == ServerKind::Mysql97)
            .replicas(1);
        let mut options = logging(options);
        if postgres {
            options = options.setting("shared_preload_libraries", "pg_stat_statements");
        }
        let estate = available(Estate::start(&looking.sandbox, options).await)?;
        run(&estate.primary, "shop", if postgres { POSTGRES } else { MYSQL }).await;
        let analyze = if postgres {
            "ANALYZE public.orders"
        } else {
            "ANALYZE TABLE orders"
        };
        run(&estate.primary, "shop", analyze).await;
        let log = log_of(&estate.primary);
        let also = estate.replicas[0].address().to_string();
        let adviser = looking.account(&estate, &["slow", "check"], &[], "adviser").await;
        let own = Self {
            looking,
            estate,
            log,
            also,
            adviser,
        };
        own.until(|| async {
            let there = own.estate.replicas[0]
                .rows_in("shop", "SELECT COUNT(*) FROM orders")
                .await;
            there.is_ok_and(|rows| rows[0][0].as_deref() == Some("100000"))
        })
        .await;
        Some(own)
    }

    async fn until<F: Future<Output = bool>>(&self, holds: impl Fn() -> F) {
        for _ in 0..400 {
            if holds().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("it does not come to hold");
    }

    /// What the application does, and the part of the log that tells of it.
    async fn work(&self, name: &str, statements: &[&str]) -> String {
        let before = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        for statement in statements {
            let asked = self
                .estate
                .primary
                .rows_as(&self.estate.app, "shop", statement)
                .await;
            asked.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let end = format!("SELECT 'end of {name}'");
        let asked = self.estate.primary.rows_as(&self.estate.app, "shop", &end).await;
        asked.expect("asked");
        let part = self.looking.folder.path().join(format!("{name}.log"));
        for _ in 0..200 {
            let whole = std::fs::read(&self.log).expect("read");
            let tail = &whole[usize::try_from(before).expect("small")..];
            let text = String::from_utf8_lossy(tail);
            if text.contains(&end) && tail.ends_with(b"\n") {
                std::fs::write(&part, tail).expect("written");
                return part.to_str().expect("UTF-8").to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the log does not tell of {name}");
    }

    /// As an account that may do what is printed for it and nothing else, but for what is made.
    async fn advise(&self, arguments: &[&str], status: i32) -> Value {
        let user = self.estate.app.name();
        let makes = arguments.contains(&"--execute");
        let arguments = [
            &["slow", "advise"],
            arguments,
            &["--user", user, "--also", &self.also],
        ]
        .concat();
        self.looking
            .json(
                &self.estate.primary,
                if makes { &self.estate.admin } else { &self.adviser },
                &arguments,
                status,
            )
            .await
    }

    async fn indexes(&self, server: &Server) -> Vec<String> {
        let sql = match server.kind() {
            ServerKind::Postgres(_) => {
                "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
            }
            _ => {
                "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'shop' ORDER BY 1"
            }
        };
        let rows = server.rows_in("shop", sql).await.expect("asked");
        rows.into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect()
    }
}

fn class<'a>(report: &'a Value, of: &str) -> &'a Value {
    let all = list(report, "classes").iter();
    let mut found = all.filter(|class| {
        class["fingerprint"]
            .as_str()
            .is_some_and(|text| text.contains(of))
    });
    found
        .next()
        .unwrap_or_else(|| panic!("no class {of} in {report}"))
}

fn remarks(report: &Value) -> Vec<(&str, &str)> {
    let told = list(report, "remarks").iter();
    told.map(|remark| {
        (
            remark["id"].as_str().unwrap_or_default(),
            remark["index"].as_str().unwrap_or_default(),
        )
    })
    .collect()
}

async fn planted(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let began = ground.indexes(&ground.estate.primary).await;
    let before = ground
        .work("before", &[SLOW, SLOW, SLOW, HOPELESS, HOPELESS])
        .await;
    // Without proof: what is known by asking a replica.
    let report = ground.advise(&[&before], 0).await;
    assert!(
        report["explained_on"]
            .as_str()
            .is_some_and(|place| place.contains(&ground.also)),
        "{report}"
    );
    let slow = class(&report, "order by placed desc");
    assert!(
        slow["reads"][0]["whole"] == true && slow["index"].is_null() && slow["tried"] == 0,
        "{slow}"
    );
    let could: Vec<&str> = list(slow, "candidates")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        could
            .iter()
            .any(|index| index.ends_with("orders (customer, placed)")),
        "{slow}"
    );
    let hopeless = class(&report, "note like");
    assert_eq!(hopeless["advice"][0]["id"], "slow.leading_wildcard", "{hopeless}");
    assert!(list(hopeless, "candidates").is_empty(), "{hopeless}");
    assert!(
        remarks(&report).contains(&("slow.redundant_index", "by_state")),
        "{report}"
    );
    if kind != ServerKind::MariaDb1011 {
        assert!(
            remarks(&report).contains(&("slow.unused_index", "never")),
            "{report}"
        );
    }
    // Proven on a clone, and nothing done.
    let report = ground.advise(&[&before, "--prove"], 0).await;
    let index = &report["indexes"][0];
    assert_eq!(index["columns"][0], "customer", "{report}");
    let helped = &index["helps"][0];
    let seconds = |name: &str| helped[name].as_f64().expect("seconds");
    assert!(seconds("before_s") > 1.5 * seconds("after_s"), "{report}");
    assert!(
        index["bytes"].as_u64().is_some_and(|bytes| bytes > 100_000),
        "{index}"
    );
    assert!(
        index["insert_cost_percent"].is_number() && index["build_s"].as_f64() > Some(0.0),
        "{index}"
    );
    assert_eq!(ground.indexes(&ground.estate.primary).await, began);
    // Made where the company works, on the primary and by it on the replica.
    let report = ground.advise(&[&before, "--prove", "--execute"], 0).await;
    let name = report["made"][0]
        .as_str()
        .unwrap_or_else(|| panic!("{report}"))
        .to_owned();
    for server in [&ground.estate.primary, &ground.estate.replicas[0]] {
        assert!(
            ground.indexes(server).await.contains(&name),
            "{name} on {}",
            server.name()
        );
    }
    // A fact: the class that was slow is gone from what is slow.
    let mean = |report: &Value| {
        class(report, "order by placed desc")["time_s"]["mean"]
            .as_f64()
            .expect("seconds")
    };
    let after = ground
        .work("after", &[SLOW, SLOW, SLOW, HOPELESS, HOPELESS])
        .await;
    let looked = async |log: &str| {
        let arguments = ["slow", log, "--top", "0"];
        ground
            .looking
            .json(&ground.estate.primary, &ground.estate.admin, &arguments, 0)
            .await
    };
    let (first, second) = (mean(&looked(&before).await), mean(&looked(&after).await));
    assert!(second < first / 2.0, "{first} s before, {second} s after");
    let least = ((first + second) / 2.0).to_string();
    for (name, log) in [("before", &before), ("after", &after)] {
        let arguments = [
            "slow",
            "capture",
            name,
            log,
            "--min-time",
            &least,
            "--user",
            ground.estate.app.name(),
        ];
        let kept = ground
            .looking
            .run(&ground.estate.primary, &ground.estate.admin, &arguments)
            .await;
        assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    }
    let diff = ground
        .looking
        .plain(&["--format", "json", "slow", "diff", "before", "after"])
        .await;
    let changes: Value = serde_json::from_slice(&diff.stdout).expect("JSON");
    let changed = changes.as_array().expect("a list").iter().find(|change| {
        change["fingerprint"]
            .as_str()
            .is_some_and(|text| text.contains("order by placed desc"))
    });
    assert_eq!(
        changed.map(|change| &change["became"]),
        Some(&"gone".into()),
        "{changes}"
    );
    // Nothing is left to be done about it.
    let report = ground.advise(&[&after], 0).await;
    let slow = class(&report, "order by placed desc");
    assert!(
        slow["reads"][0]["index"] == name.as_str() && slow["reads"][0]["whole"] == false,
        "{slow}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_of_mysql_is_made_quick() {
    planted(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_of_mysql_56_is_made_quick() {
    planted(ServerKind::Mysql56).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_of_mariadb_is_made_quick() {
    planted(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_statement_of_postgresql_is_made_quick() {
    planted(ServerKind::Postgres(17)).await;
}

/// What a server counts has no values: they are taken from the table. And a clone of the company's own is used, which must stand alone.
#[tokio::test(flavor = "multi_thread")]
async fn statements_that_postgresql_counted_are_tried_on_a_given_clone() {
    let Some(ground) = Ground::new(ServerKind::Postgres(17)).await else {
        return;
    };
    let (primary, admin) = (&ground.estate.primary, &ground.estate.admin);
    ground.work("counted", &[SLOW, SLOW]).await;
    let clone = ground
        .looking
        .sandbox
        .postgres(17)
        .name("restored")
        .start()
        .await
        .expect("a clone");
    for statement in [
        format!(
            "CREATE ROLE {} LOGIN SUPERUSER PASSWORD '{}'",
            admin.name(),
            admin.password()
        ),
        "CREATE DATABASE shop".to_owned(),
    ] {
        clone.rows(&statement).await.expect("made");
    }
    run(
        &clone,
        "shop",
        &POSTGRES.replace("CREATE EXTENSION pg_stat_statements;", ""),
    )
    .await;
    run(&clone, "shop", "ANALYZE").await;
    let had = ground.indexes(&clone).await;
    let try_on = async |server: &Server| {
        let url = ground.looking.url(server, admin).await;
        let arguments = [
            "--format",
            "json",
            "slow",
            "advise",
            "--live",
            "--user",
            ground.estate.app.name(),
            "--also",
            &ground.also,
            "--clone",
            &url,
            "--clone-password-env",
            "DAYBREAK_SOURCE_PASSWORD",
        ];
        ground.looking.run(primary, admin, &arguments).await
    };
    for (server, why) in [
        (primary, "is a server of the estate"),
        (&ground.estate.replicas[0], "is a server of the estate"),
    ] {
        let refused = try_on(server).await;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && said.contains(why), "{said}");
    }
    let output = try_on(&clone).await;
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(report["indexes"][0]["columns"][0], "customer", "{report}");
    let slow = class(&report, "order by placed desc");
    assert!(
        slow["reads"][0]["whole"] == true && list(slow, "untold").is_empty(),
        "{slow}"
    );
    assert_eq!(ground.indexes(&clone).await, had, "what was made is dropped");
}

/// A log is not trusted: statements in it change nothing, and what is no single statement is not sent.
async fn hostile(kind: ServerKind, statements: &[&str], harmless: usize) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let target = ground.looking.folder.path().join("stolen");
    let mut log = String::new();
    for statement in statements {
        let statement = statement.replace("{file}", target.to_str().expect("UTF-8"));
        match kind {
            ServerKind::Postgres(_) => log.push_str(&format!(
                "2026-11-27 08:00:00.000 UTC [7] {}@shop 127.0.0.1(5) LOG:  duration: 900.000 ms  statement: {statement}\n",
                ground.estate.app.name()
            )),
            _ => log.push_str(&format!(
                "# Time: 2026-11-27T08:00:00.000000Z\n# User@Host: {}[app] @ [127.0.0.1]  Id: 5\n\
                 # Query_time: 0.900000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 160000\nuse shop;\nSET timestamp=1795766400;\n{statement};\n",
                ground.estate.app.name()
            )),
        }
    }
    let file = ground.looking.folder.path().join("hostile.log");
    std::fs::write(&file, log).expect("written");
    let before = ground.indexes(&ground.estate.primary).await;
    let report = ground
        .advise(&[path(&file), "--prove", "--top", "0", "--longest", "10"], 0)
        .await;
    let classes = list(&report, "classes");
    assert_eq!(classes.len(), statements.len(), "{report}");
    let untold = classes
        .iter()
        .filter(|class| !list(class, "untold").is_empty())
        .count();
    assert_eq!(untold, statements.len() - harmless, "{report}");
    let rows = ground
        .estate
        .primary
        .rows_in("shop", "SELECT COUNT(*) FROM orders")
        .await
        .expect("asked");
    assert_eq!(rows[0][0].as_deref(), Some("100000"));
    assert_eq!(ground.indexes(&ground.estate.primary).await, before);
    assert!(!target.exists(), "a statement wrote a file");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_mysql_is_not_trusted() {
    let statements = [
        "DELETE FROM orders WHERE customer = 5",
        "UPDATE orders SET note = 'x' WHERE placed < '2100-01-01'",
        "SELECT 1; DROP TABLE orders",
        "SELECT * FROM orders WHERE customer = 1 INTO OUTFILE '{file}'",
        "ANALYZE DELETE FROM orders WHERE customer = 9",
        "SELECT id FROM orders WHERE customer = 3 /*! INTO OUTFILE '{file}' */",
        "DROP TABLE orders",
        "SELECT * FROM nothing_here WHERE customer = 1",
        "SELECT id FROM orders WHERE customer = (",
    ];
    hostile(ServerKind::Mysql97, &statements, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_postgresql_is_not_trusted() {
    let statements = [
        "DELETE FROM orders WHERE customer = 5",
        "SELECT id FROM orders WHERE customer = 5",
        "SELECT id FROM orders WHERE customer = 1; DROP TABLE orders",
        "COPY orders TO '{file}'",
        "SELECT id INTO stolen FROM orders WHERE customer = 4",
        "SELECT pg_read_file('/etc/passwd') FROM orders WHERE customer = 4",
        "ANALYZE orders",
        "SELECT id FROM orders WHERE customer = $1 AND note = lower($2)",
    ];
    hostile(ServerKind::Postgres(17), &statements, 2).await;
}
