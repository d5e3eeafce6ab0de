//! How a data check cuts its work, on two real servers that stand still.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use daybreak_engine::{Database, Hashing, database};
use daybreak_model::{Endpoint, Scope, Table};
use daybreak_sandbox::{Estate, EstateOptions, Sandbox, Server, ServerKind, available};
use daybreak_work::{
    CheckSettings, Compared, Delta, Explained, Follows, NodeReport, Observe, RepairSettings, RowDifference,
    Silent, TableVerdict, Times, Verdict, WorkEvent, check_nodes, explain, repair,
};

/// Two servers of a kind that hold the same.
struct Two {
    _sandbox: Sandbox,
    one: Estate,
    other: Estate,
    source: Arc<dyn Database>,
    node: Compared,
    schema: &'static str,
}

async fn run(server: &Server, statements: &str) {
    let ran = server.rows_in("shop", statements).await;
    ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

impl Two {
    async fn start(kind: ServerKind, schema: &'static str, make: &str) -> Option<Self> {
        Self::of([kind, kind], schema, make).await
    }

    async fn of([one, other]: [ServerKind; 2], schema: &'static str, make: &str) -> Option<Self> {
        let sandbox = Sandbox::open().expect("a sandbox");
        let started = tokio::join!(
            Estate::start(&sandbox, EstateOptions::new(one)),
            Estate::start(&sandbox, EstateOptions::new(other))
        );
        let (one, other) = (available(started.0)?, available(started.1)?);
        run(&one.primary, make).await;
        run(&other.primary, make).await;
        let server = |label: &str, estate: &Estate| {
            let url = estate.admin_url();
            let url = url.split('?').next().unwrap_or_default();
            database(Endpoint::parse(label, &format!("{url}?tls=off")).expect("a URL"))
        };
        Some(Self {
            source: server("source", &one),
            node: Compared {
                server: server("node", &other),
                follows: Follows::Nothing,
            },
            _sandbox: sandbox,
            one,
            other,
            schema,
        })
    }

    async fn tables(&self) -> Vec<Table> {
        let flavor = self.source.flavor().await.expect("a flavor");
        let scope = Scope::of(vec![self.schema.to_owned()]);
        self.source
            .schema(&scope, &flavor)
            .await
            .expect("a schema")
            .tables
    }

    async fn check(&self, settings: &CheckSettings, observer: &dyn Observe) -> NodeReport {
        let (tables, nodes) = (self.tables().await, [self.node.clone()]);
        let checked = check_nodes(&self.source, &nodes, &tables, settings, None, observer).await;
        checked.expect("checked").pop().expect("a report")
    }
}

const HOUR: Duration = Duration::from_secs(3600);

fn settings(chunk_time: Duration) -> CheckSettings {
    CheckSettings {
        range_rows: 200,
        chunk_time,
        ..CheckSettings::default()
    }
}

fn repairing(settings: &CheckSettings) -> RepairSettings {
    RepairSettings {
        unlogged: false,
        hashing: settings.hashing,
        patience: settings.patience,
    }
}

/// What is not the same in the only table that differs, explained.
async fn explained(two: &Two, settings: &CheckSettings) -> Vec<Explained> {
    let report = two.check(settings, &Silent).await;
    let tables = two.tables().await;
    let mut all = Vec::new();
    for outcome in &report.report.tables {
        assert!(
            !matches!(outcome.verdict, TableVerdict::CouldNotTell(_)),
            "{outcome:?}"
        );
        let TableVerdict::Different { rows, .. } = &outcome.verdict else {
            continue;
        };
        let table = tables
            .iter()
            .find(|table| table.name == outcome.table)
            .expect("a table");
        let found = explain(&two.source, &two.node.server, table, rows, settings.hashing).await;
        let found = found.expect("explained");
        let changed: Vec<Explained> = found.iter().filter(|row| row.repair.is_some()).cloned().collect();
        let done = repair(&two.source, &two.node, table, &changed, repairing(settings)).await;
        assert_eq!(done.expect("repaired"), changed.len());
        all.extend(found);
    }
    all
}

fn stands(rows: &[Explained]) -> Vec<String> {
    let mut all: Vec<String> = rows
        .iter()
        .map(|row| {
            let Times { here, there } = row.times.expect("a row without a key");
            format!("{}: {here} {there}", row.key)
        })
        .collect();
    all.sort();
    all
}

/// Rows without a key are named by their values and how often each is there, and repaired; whatever is hashed how.
async fn rows_without_a_key_are_counted(two: &Two, plant: &str, expected: &[&str], unrepaired: &[&str]) {
    for strong in [false, true] {
        let settings = CheckSettings {
            hashing: Hashing {
                strong,
                json_by_meaning: false,
            },
            ..settings(HOUR)
        };
        let report = two.check(&settings, &Silent).await;
        assert_eq!(report.report.verdict, Verdict::Same, "{report:?}");
        run(&two.other.primary, plant).await;
        let found = explained(two, &settings).await;
        assert_eq!(stands(&found), expected, "{found:?}");
        let refused: Vec<&str> = found.iter().filter_map(|row| row.no_repair.as_deref()).collect();
        assert_eq!(refused.len(), unrepaired.len(), "{refused:?}");
        let left = explained(two, &settings).await;
        assert_eq!(
            stands(&left),
            unrepaired,
            "what cannot be told apart is left: {left:?}"
        );
        for statement in ["DELETE FROM zeros", "INSERT INTO zeros VALUES (0.0), (0.0)"] {
            if !unrepaired.is_empty() {
                run(&two.one.primary, statement).await;
                run(&two.other.primary, statement).await;
            }
        }
    }
}

#[tokio::test]
async fn mysql_rows_without_a_key_are_counted() {
    // The server keeps JSON in a form of its own.
    rows_of_mysql_are_counted(ServerKind::Mysql97, r#"{"a": [2.5], "b": 1}"#, true).await;
}

#[tokio::test]
async fn mariadb_rows_without_a_key_are_counted() {
    rows_of_mysql_are_counted(ServerKind::MariaDb1011, r#"{"b": 1, "a": [2.50]}"#, false).await;
}

/// MariaDB shows no zero below zero.
async fn rows_of_mysql_are_counted(kind: ServerKind, document: &str, keeps_signs: bool) {
    let make = "CREATE TABLE bag (a INT, b VARCHAR(20), c CHAR(3) CHARACTER SET latin1, f FLOAT, d DOUBLE, n DECIMAL(10,2), t TIMESTAMP(6) NULL, \
                  j JSON, e ENUM('x', 'y'), s SET('p', 'q'), bits BIT(9), x LONGTEXT, y VARBINARY(9), g POINT, twice INT GENERATED ALWAYS AS (a * 2) STORED); \
                INSERT INTO bag (a, b, c, f, d, n, t, j, e, s, bits, x, y, g) VALUES \
                  (1, 'one', x'E4', 0.1, 1e-320, 1.50, '2026-11-25 01:02:03.000001', '{\"b\": 1, \"a\": [2.50]}', 'y', 'p,q', b'101', REPEAT('x', 20000), x'00FF', POINT(1, 2)); \
                INSERT INTO bag (a, b, c, f, d, n, t, j, e, s, bits, x, y, g) SELECT a, b, c, f, d, n, t, j, e, s, bits, x, y, g FROM bag; \
                INSERT INTO bag (a) VALUES (NULL), (NULL), (NULL), (7); \
                INSERT INTO bag (a, b) VALUES (2, 'two'), (2, 'Two'), (2, 'two '); \
                CREATE TABLE zeros (f DOUBLE); INSERT INTO zeros VALUES (0.0), (0.0)";
    let Some(two) = Two::start(kind, "shop", make).await else {
        return;
    };
    let one = format!(
        "1, 'one', _latin1 x'E4', 0.10000000149011612e0, 1e-320, 1.50, '2026-11-25 01:02:03.000001', '{document}', 2, 3, 5, "
    );
    let nulls = |a: &str, b: &str, times: &str| format!("{a}, {b}{}: {times}", ", NULL".repeat(12));
    let long = format!(
        "'{}', x'00FF', x'000000000101000000000000000000F03F0000000000000040'",
        "x".repeat(20000)
    );
    let expected = [
        format!("{one}{long}: 2 1"),
        nulls("2", "'TWO'", "0 1"),
        nulls("2", "'Two'", "1 0"),
        nulls("7", "NULL", "1 3"),
        nulls("NULL", "NULL", "3 2"),
        "-0e0: 0 1".to_owned(),
        "0e0: 2 1".to_owned(),
    ];
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.retain(|row| keeps_signs || !row.contains("0e0: "));
    expected.sort_unstable();
    let unrepaired = ["-0e0: 0 1"];
    rows_without_a_key_are_counted(
        &two,
        "DELETE FROM bag WHERE a = 1 LIMIT 1; UPDATE bag SET b = 'TWO' WHERE b = BINARY 'Two'; INSERT INTO bag (a) VALUES (7), (7); \
         DELETE FROM bag WHERE a IS NULL LIMIT 1; DELETE FROM zeros LIMIT 1; INSERT INTO zeros VALUES (-1e-300 * 1e-300)",
        &expected,
        if keeps_signs { &unrepaired } else { &[] },
    )
    .await;
}

#[tokio::test]
async fn postgres_rows_without_a_key_are_counted() {
    let make = "CREATE TABLE public.bag (a integer, b text, f float8, n numeric, j json, t timestamptz, x text, y bytea, \
                  twice integer GENERATED ALWAYS AS (a * 2) STORED); \
                INSERT INTO public.bag SELECT 1, 'it''s', '-0', 1.50, '{\"b\": 1}', '2026-11-25 01:02:03+02', repeat('x', 20000), '\\x00ff' FROM generate_series(1, 2); \
                INSERT INTO public.bag SELECT 1, 'it''s', '0', 1.5, '{\"b\":1}', '2026-11-25 01:02:03+02', repeat('x', 20000), '\\x00ff'; \
                INSERT INTO public.bag (a) VALUES (NULL), (NULL), (7); \
                CREATE TABLE public.parts (a integer, b text) PARTITION BY LIST (a); \
                CREATE TABLE public.part1 PARTITION OF public.parts FOR VALUES IN (1); \
                CREATE TABLE public.part2 PARTITION OF public.parts FOR VALUES IN (2); \
                INSERT INTO public.parts VALUES (1, 'x'), (1, 'x'), (2, 'y'), (2, 'y'), (2, 'z')";
    let Some(two) = Two::start(ServerKind::Postgres(17), "public", make).await else {
        return;
    };
    let tail = format!(
        "'2026-11-24 23:02:03+00'::timestamp with time zone, '{}'::text, E'\\\\x00ff'::bytea",
        "x".repeat(20000)
    );
    let expected = [
        format!(
            "'1'::integer, 'it''s'::text, '-0'::double precision, '1.50'::numeric, '{{\"b\": 1}}'::json, {tail}: 2 1"
        ),
        format!(
            "'1'::integer, 'it''s'::text, '0'::double precision, '1.5'::numeric, '{{\"b\":1}}'::json, {tail}: 1 2"
        ),
        format!("'7'::integer{}: 1 2", ", NULL".repeat(7)),
        format!("NULL{}: 2 1", ", NULL".repeat(7)),
        "'1'::integer, 'x'::text: 2 1".to_owned(),
        "'2'::integer, 'y'::text: 2 3".to_owned(),
    ];
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    rows_without_a_key_are_counted(
        &two,
        "DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag WHERE n::text = '1.50'); INSERT INTO bag (a) VALUES (7); \
         INSERT INTO bag SELECT a, b, f, n, j, t, x, y FROM bag WHERE n::text = '1.5'; \
         DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag WHERE a IS NULL); \
         DELETE FROM part1 WHERE ctid = (SELECT min(ctid) FROM part1); INSERT INTO parts VALUES (2, 'y')",
        &expected,
        &[],
    )
    .await;
}

/// Documents that mean the same are the same by meaning, and others never.
async fn json_is_compared_by_meaning(
    two: &Two,
    rewrite: &str,
    change: &str,
    exactly: &[&str],
    by_meaning: &[&str],
) {
    let how = |json_by_meaning, strong| CheckSettings {
        hashing: Hashing {
            strong,
            json_by_meaning,
        },
        ..settings(HOUR)
    };
    run(&two.other.primary, rewrite).await;
    for strong in [false, true] {
        let report = two.check(&how(true, strong), &Silent).await;
        assert_eq!(report.report.verdict, Verdict::Same, "{report:?}");
        assert_eq!(keys(&two.check(&how(false, strong), &Silent).await), exactly);
    }
    run(&two.other.primary, change).await;
    for strong in [false, true] {
        assert_eq!(keys(&two.check(&how(true, strong), &Silent).await), by_meaning);
    }
}

const DOCUMENTS: &str =
    "(1, '{\"a\": [1, 2], \"b\": null}'), (2, '{\"a\": [1, 2], \"b\": null}'), (3, NULL), (4, '\"x\"')";

#[tokio::test]
async fn json_of_postgres_is_compared_by_meaning() {
    let make = format!(
        "CREATE TABLE public.documents (id integer PRIMARY KEY, j json); INSERT INTO public.documents VALUES {DOCUMENTS}; \
         ALTER TABLE public.documents ADD many json[]; UPDATE public.documents SET many = ARRAY[j] WHERE id = 1"
    );
    let Some(two) = Two::start(ServerKind::Postgres(17), "public", &make).await else {
        return;
    };
    json_is_compared_by_meaning(
        &two,
        r#"UPDATE documents SET j = '{"b":null, "a":[1,2]}', many = ARRAY['{"b":null, "a":[1,2]}'::json] WHERE id = 1"#,
        r#"UPDATE documents SET j = '{"b":null, "a":[2,1]}' WHERE id = 2; UPDATE documents SET j = 'null' WHERE id = 3"#,
        &["row (1) has other values on the target"],
        &[
            "row (2) has other values on the target",
            "row (3) has other values on the target",
        ],
    )
    .await;
    // A document that has no such form is not taken for the same.
    let odd = r#"UPDATE public.documents SET j = '"\u0000"' WHERE id = 4"#;
    run(&two.one.primary, odd).await;
    run(&two.other.primary, odd).await;
    let settings = CheckSettings {
        hashing: Hashing {
            strong: false,
            json_by_meaning: true,
        },
        ..settings(HOUR)
    };
    let report = two.check(&settings, &Silent).await;
    assert_eq!(report.report.verdict, Verdict::CouldNotTell, "{report:?}");
}

#[tokio::test]
async fn json_of_mariadb_is_compared_by_meaning() {
    let make = format!(
        "CREATE TABLE documents (id INT PRIMARY KEY, j JSON); INSERT INTO documents VALUES {DOCUMENTS}"
    );
    let Some(two) = Two::start(ServerKind::MariaDb1011, "shop", &make).await else {
        return;
    };
    json_is_compared_by_meaning(
        &two,
        r#"UPDATE documents SET j = '{"b":null, "a":[1,2]}' WHERE id = 1"#,
        r#"UPDATE documents SET j = '{"b":null, "a":[2,1]}' WHERE id = 2; UPDATE documents SET j = 'null' WHERE id = 3"#,
        &["row (1) has other values on the target"],
        &[
            "row (2) has other values on the target",
            "row (3) has other values on the target",
        ],
    )
    .await;
}

/// The normal forms of two products are not alike: nothing is said of their documents.
#[tokio::test]
async fn json_of_two_products_is_not_compared_by_meaning() {
    let kinds = [ServerKind::MariaDb1011, ServerKind::Mysql97];
    let make = "CREATE TABLE numbers (id INT PRIMARY KEY); INSERT INTO numbers VALUES (1)";
    let Some(two) = Two::of(kinds, "shop", make).await else {
        return;
    };
    for (json_by_meaning, verdict) in [(false, Verdict::Same), (true, Verdict::CouldNotTell)] {
        let settings = CheckSettings {
            hashing: Hashing {
                strong: false,
                json_by_meaning,
            },
            ..settings(HOUR)
        };
        let report = two.check(&settings, &Silent).await;
        assert_eq!(report.report.verdict, verdict, "{report:?}");
        assert_eq!(report.left.is_some(), json_by_meaning, "{report:?}");
    }
}

fn keys(report: &NodeReport) -> Vec<String> {
    let TableVerdict::Different { count, rows } = &report.report.tables[0].verdict else {
        return Vec::new();
    };
    let mut keys: Vec<String> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(keys.len() as u64, *count);
    keys.sort();
    keys
}

/// The more time a statement may take, the more neighbours it asks for; which rows differ does not depend on it.
async fn neighbours_are_asked_for_together(two: &Two, analyze: &str) {
    run(&two.one.primary, analyze).await;
    let one_by_one = two.check(&settings(Duration::from_nanos(1)), &Silent).await;
    assert_eq!(one_by_one.report.verdict, Verdict::Same, "{one_by_one:?}");
    assert_eq!(one_by_one.report.rows, 20_000);
    let units = one_by_one.report.chunks;
    assert!(units > 50, "{units}");
    let together = two.check(&settings(HOUR), &Silent).await;
    assert_eq!(together.report.verdict, Verdict::Same, "{together:?}");
    assert_eq!(together.report.rows, 20_000);
    // One, four, sixteen, and so on.
    let (mut chunks, mut asked, mut next) = (0, 0, 1);
    while asked < units {
        (chunks, asked, next) = (chunks + 1, asked + next, next * 4);
    }
    assert_eq!(together.report.chunks, chunks);

    run(
        &two.other.primary,
        "UPDATE numbers SET v = 'other' WHERE id IN (3, 9000); DELETE FROM numbers WHERE id IN (15001, 20000); \
         INSERT INTO numbers VALUES (-5, 'x'), (30000, 'y')",
    )
    .await;
    let expected = [
        "row (-5) is only on the target",
        "row (15001) is missing on the target",
        "row (20000) is missing on the target",
        "row (3) has other values on the target",
        "row (30000) is only on the target",
        "row (9000) has other values on the target",
    ];
    for chunk_time in [Duration::from_nanos(1), HOUR] {
        let report = two.check(&settings(chunk_time), &Silent).await;
        assert_eq!(keys(&report), expected);
        let looked_at_again = report.report.rechecked;
        assert!(
            (1..=6).contains(&looked_at_again),
            "only units that differ: {looked_at_again}"
        );
    }
}

#[tokio::test]
async fn mysql_neighbours_are_asked_for_together() {
    let make = "CREATE TABLE numbers (id INT PRIMARY KEY, v VARCHAR(20)); \
                SET SESSION cte_max_recursion_depth = 100000; \
                INSERT INTO numbers WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, 'v' FROM n";
    let Some(two) = Two::start(ServerKind::Mysql97, "shop", make).await else {
        return;
    };
    neighbours_are_asked_for_together(&two, "ANALYZE TABLE numbers").await;
}

/// Keeps why the check waited.
#[derive(Default)]
struct Waits(Mutex<Vec<String>>);

impl Observe for Waits {
    fn event(&self, event: WorkEvent) {
        if let WorkEvent::Waiting { why } = event {
            self.0.lock().expect("a list").push(why);
        }
    }
}

#[tokio::test]
async fn postgres_neighbours_are_asked_for_together_and_a_share_of_the_time_is_kept() {
    let make = "CREATE TABLE public.numbers (id integer PRIMARY KEY, v text); \
                INSERT INTO public.numbers SELECT g, 'v' FROM generate_series(1, 20000) AS g; SET search_path = public";
    let Some(two) = Two::start(ServerKind::Postgres(17), "public", make).await else {
        return;
    };
    neighbours_are_asked_for_together(&two, "ANALYZE public.numbers").await;
    for (share, rests) in [(1, true), (100, false)] {
        let waits = Waits::default();
        let settings = CheckSettings {
            share: Some(share),
            ..settings(HOUR)
        };
        two.check(&settings, &waits).await;
        let told = waits.0.into_inner().expect("a list");
        let rested = told
            .iter()
            .any(|why| why.contains(&format!("the check has {share}% of the time")));
        assert_eq!(rested, rests, "{told:?}");
    }
    // Without a share of its own it goes gently for as long as somebody else is at work.
    let waits = Waits::default();
    let settings = settings(HOUR);
    let check = async {
        loop {
            let sessions = two.source.sessions().await.expect("sessions");
            if sessions
                .iter()
                .any(|session| session.in_transaction && !session.ours)
            {
                break two.check(&settings, &waits).await;
            }
        }
    };
    let report = tokio::select! {
        ended = two.one.primary.rows_in("shop", "SELECT pg_sleep(120)") => panic!("nobody is at work: {ended:?}"),
        report = check => report,
    };
    assert_eq!(keys(&report).len(), 6, "{report:?}");
    let told = waits.0.into_inner().expect("a list");
    assert!(
        told.iter().any(|why| why.contains("beside others at work")),
        "{told:?}"
    );
}

/// Forty tables of a few rows, of which one has no key, one is empty, one differs by a value, one lacks a row, and one is not there
/// on the other server.
async fn small_tables_are_asked_for_together(two: &Two) {
    let mut differing = Vec::new();
    for (table, statement) in [
        (7, "UPDATE small_07 SET v = 'other' WHERE id = 2"),
        (33, "DELETE FROM small_33 WHERE id = 3"),
    ] {
        run(&two.other.primary, statement).await;
        differing.push(format!("small_{table:02}"));
    }
    run(&two.other.primary, "DROP TABLE small_20").await;
    let report = two.check(&CheckSettings::default(), &Silent).await;
    assert!(report.left.is_none(), "{report:?}");
    assert_eq!(report.report.tables.len(), 40);
    for outcome in &report.report.tables {
        let name = &outcome.table.name;
        match &outcome.verdict {
            TableVerdict::Different { count, .. } => {
                assert_eq!(*count, 1, "{outcome:?}");
                assert!(differing.contains(name), "{outcome:?}");
            }
            TableVerdict::CouldNotTell(_) => assert_eq!(name, "small_20", "{outcome:?}"),
            TableVerdict::Same => {
                assert!(!differing.contains(name), "{outcome:?}");
                let rows = if name == "small_02" { 0 } else { 3 };
                assert_eq!((outcome.rows, outcome.chunks), (rows, 1), "{outcome:?}");
            }
        }
    }
    // What cannot be read on one server is no reason to look at fewer tables of another.
    run(&two.one.primary, "DROP TABLE small_20").await;
    let strong = CheckSettings {
        hashing: Hashing {
            strong: true,
            ..Hashing::default()
        },
        ..CheckSettings::default()
    };
    let report = two.check(&strong, &Silent).await;
    let found = |verdict: &TableVerdict| matches!(verdict, TableVerdict::Different { count: 1, .. });
    let named: Vec<&str> = report
        .report
        .tables
        .iter()
        .filter(|outcome| found(&outcome.verdict))
        .map(|outcome| outcome.table.name.as_str())
        .collect();
    assert_eq!(named, ["small_07", "small_33"], "{report:?}");
    assert_eq!(report.report.rows, 38 * 3, "{report:?}");
}

fn forty_small_tables() -> String {
    let table = |table: usize| {
        let key = if table == 1 { "" } else { " PRIMARY KEY" };
        let rows = match table {
            2 => String::new(),
            _ => format!("INSERT INTO small_{table:02} VALUES (1, 'a'), (2, 'b'), (3, '')"),
        };
        format!("CREATE TABLE small_{table:02} (id INT{key}, v VARCHAR(20)); {rows}")
    };
    let tables: Vec<String> = (1..=40).map(table).collect();
    tables.join("; ").replace("; ;", ";")
}

#[tokio::test]
async fn small_tables_of_mysql_are_asked_for_together() {
    if let Some(two) = Two::start(ServerKind::Mysql97, "shop", &forty_small_tables()).await {
        small_tables_are_asked_for_together(&two).await;
    }
}

#[tokio::test]
async fn small_tables_of_postgres_are_asked_for_together() {
    if let Some(two) = Two::start(ServerKind::Postgres(17), "public", &forty_small_tables()).await {
        small_tables_are_asked_for_together(&two).await;
    }
}

/// A row that changed and could not be compared, because a connection was lost, is not taken for compared when it is asked again.
#[tokio::test]
async fn what_was_not_compared_stays_to_be_compared() {
    let make = "CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1), (2, 2); CREATE TABLE keyless (a INT)";
    let Some(two) = Two::start(ServerKind::Mysql97, "shop", make).await else {
        return;
    };
    let scope = Scope::of(vec![two.schema.to_owned()]);
    let tables = two.source.tables(&scope).await.expect("tables");
    let source = &two.source;
    let check = CheckSettings::default();
    let mut delta = Delta::follow(source, &two.node, &scope, &tables, &check)
        .await
        .expect("followed");
    run(
        &two.one.primary,
        "UPDATE t SET a = 7 WHERE id = 1; INSERT INTO keyless VALUES (1)",
    )
    .await;
    let admin = two.other.admin.name();
    let sessions = format!("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{admin}'");
    for session in two.other.primary.rows(&sessions).await.expect("listed") {
        let id = session[0].clone().expect("an id");
        run(&two.other.primary, &format!("KILL {id}")).await;
    }
    let position = source.position().await.expect("a position");
    let first = delta.finish(&position, Duration::from_secs(10)).await;
    assert!(first.is_err(), "the connection was lost: {first:?}");
    assert_eq!(delta.pending(), 2, "a row and a table are pending still");
    // Asked again it fails again, or finds both: it never says that they are the same.
    if let Ok(report) = delta.finish(&position, Duration::from_secs(10)).await {
        assert_eq!(report.verdict, Verdict::Different, "{report:?}");
        assert_eq!(report.tables.len(), 2, "{report:?}");
    }
    delta.close().await.expect("closed");
}

/// However many rows change during a check, they are compared piece by piece; what is not the same is told as often as it is asked.
async fn many_changed_rows_are_compared(two: &Two, many: &str) {
    let scope = Scope::of(vec![two.schema.to_owned()]);
    let tables = two.source.tables(&scope).await.expect("tables");
    let check = CheckSettings::default();
    let mut delta = Delta::follow(&two.source, &two.node, &scope, &tables, &check)
        .await
        .expect("followed");
    run(&two.one.primary, many).await;
    run(&two.other.primary, many).await;
    run(&two.other.primary, "UPDATE shop.t SET a = 1 WHERE id = 77777").await;
    for _ in 0..2 {
        let report = delta.work_off().await.expect("compared");
        assert_eq!(report.verdict, Verdict::Different, "{:?}", report.troubles());
        assert_eq!(report.troubles().len(), 1, "{:?}", report.troubles());
        assert!(
            report.troubles()[0].contains("(77777)"),
            "{:?}",
            report.troubles()
        );
        assert_eq!(delta.pending(), 1, "only what is not the same");
    }
    run(&two.other.primary, "UPDATE shop.t SET a = 0 WHERE id = 77777").await;
    assert_eq!(delta.work_off().await.expect("compared").verdict, Verdict::Same);
    assert_eq!(delta.pending(), 0);
    delta.close().await.expect("closed");
}

#[tokio::test]
async fn many_changed_rows_of_mysql_are_compared() {
    let make = "CREATE TABLE t (id INT PRIMARY KEY, a INT)";
    if let Some(two) = Two::start(ServerKind::Mysql97, "shop", make).await {
        let many = "SET SESSION cte_max_recursion_depth = 200000; INSERT INTO t \
            WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 120000) SELECT id, 0 FROM n";
        many_changed_rows_are_compared(&two, many).await;
    }
}

#[tokio::test]
async fn many_changed_rows_of_postgres_are_compared() {
    let make = "CREATE SCHEMA shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a INT)";
    if let Some(two) = Two::start(ServerKind::Postgres(17), "shop", make).await {
        let many = "DO $$ BEGIN FOR part IN 0..3 LOOP INSERT INTO shop.t SELECT id, 0 FROM generate_series(part * 30000 + 1, \
            (part + 1) * 30000) AS id; COMMIT; END LOOP; END $$";
        many_changed_rows_are_compared(&two, many).await;
    }
}

/// What changes while a full check goes on is compared beside it, so that the server need not keep its log for as long.
#[tokio::test]
async fn changes_are_compared_beside_a_check() {
    let make = "CREATE SCHEMA shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a INT)";
    let Some(two) = Two::start(ServerKind::Postgres(17), "shop", make).await else {
        return;
    };
    let scope = Scope::of(vec![two.schema.to_owned()]);
    let tables = two.source.tables(&scope).await.expect("tables");
    let check = CheckSettings::default();
    let mut delta = Delta::follow(&two.source, &two.node, &scope, &tables, &check)
        .await
        .expect("followed");
    let long_check = async {
        run(&two.one.primary, "INSERT INTO shop.t VALUES (1, 1), (2, 2)").await;
        run(&two.other.primary, "INSERT INTO shop.t VALUES (1, 1), (2, 3)").await;
        let place = two
            .one
            .primary
            .rows("SELECT pg_current_wal_lsn()")
            .await
            .expect("told");
        let place = place[0][0].clone().expect("a place");
        let given_up = format!("SELECT confirmed_flush_lsn >= '{place}' FROM pg_replication_slots");
        for _ in 0..600 {
            let told = two.one.primary.rows(&given_up).await.expect("told");
            if told == [[Some("t".to_owned())]] {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    };
    let (given_up, beside) = delta.beside(long_check).await;
    assert!(given_up, "the log was read while the check went on");
    assert_eq!(beside.verdict, Verdict::Different, "{:?}", beside.troubles());
    assert_eq!(delta.pending(), 1, "what differs is pending still");
    let mut report = two.check(&check, &Silent).await.report;
    for table in &mut report.tables {
        table.verdict = TableVerdict::Same;
    }
    report.verdict = Verdict::Same;
    report.add_differences(beside, 20);
    assert_eq!(report.verdict, Verdict::Different);
    assert!(
        report.troubles()[0].contains("row (2) has other values"),
        "{:?}",
        report.troubles()
    );
    delta.close().await.expect("closed");
}

/// What was found a while ago is repaired by what both servers hold now, and no trigger of the table adds to it.
async fn repairs_are_of_this_moment(two: &Two, trigger: [&str; 3]) {
    let settings = settings(HOUR);
    let report = two.check(&settings, &Silent).await;
    let tables = two.tables().await;
    let TableVerdict::Different { rows, .. } = &report.report.tables[0].verdict else {
        panic!("{report:?}");
    };
    assert_eq!(rows.len(), 4, "{rows:?}");
    let table = tables
        .iter()
        .find(|table| table.name == report.report.tables[0].table);
    let table = table.expect("a table");
    let found = explain(&two.source, &two.node.server, table, rows, settings.hashing).await;
    let found = found.expect("explained");
    // Meanwhile the source changed one of the rows again, and two are the same by now.
    run(&two.one.primary, "UPDATE shop.goods SET a = 'newer' WHERE id = 1").await;
    run(
        &two.other.primary,
        "UPDATE shop.goods SET a = 'two' WHERE id = 2; DELETE FROM shop.goods WHERE id = 9",
    )
    .await;
    let [makes, name, drops] = trigger;
    run(&two.other.primary, makes).await;
    let refused = repair(&two.source, &two.node, table, &found, repairing(&settings)).await;
    let refused = refused.expect_err("its trigger would run along");
    assert!(
        refused.in_words().contains(name) && refused.hint().is_some(),
        "{refused:?}"
    );
    run(&two.other.primary, drops).await;
    let done = repair(&two.source, &two.node, table, &found, repairing(&settings)).await;
    assert_eq!(done.expect("repaired"), 2);
    let there = two.other.primary.rows_in(
        "shop",
        "SELECT id, a FROM shop.goods WHERE id IN (1, 2, 3, 9) ORDER BY id",
    );
    let there: Vec<String> = there
        .await
        .expect("told")
        .concat()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(there, ["1", "newer", "2", "two", "3", "three"]);
    let again = repair(&two.source, &two.node, table, &found, repairing(&settings)).await;
    assert_eq!(again.expect("nothing left"), 0);

    // A row that changes between the look and its repair is left alone by the repair itself.
    let mut on = two.node.server.checker().await.expect("a checker");
    let key = rows.iter().find_map(RowDifference::key).expect("a key").clone();
    let hash = on.rows_by_key(table, &[key]).await.expect("read")[0].expect("it is there");
    let unchanged = on.unchanged(table, hash).await.expect("a condition");
    let count = |condition: String| format!("SELECT COUNT(*) FROM shop.goods WHERE {condition}");
    let held = two
        .other
        .primary
        .rows_in("shop", &count(unchanged.clone()))
        .await
        .expect("told");
    assert_eq!(held, [[Some("1".to_owned())]]);
    run(&two.other.primary, "UPDATE shop.goods SET a = 'moved'").await;
    let held = two
        .other
        .primary
        .rows_in("shop", &count(unchanged))
        .await
        .expect("told");
    assert_eq!(held, [[Some("0".to_owned())]]);
}

const GOODS: &str = "CREATE TABLE shop.goods (id INT PRIMARY KEY, a VARCHAR(9)); \
    INSERT INTO shop.goods VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four')";
const PLANTED: &str = "UPDATE shop.goods SET a = 'other' WHERE id IN (1, 2); DELETE FROM shop.goods WHERE id = 3; \
    INSERT INTO shop.goods VALUES (9, 'nine')";

#[tokio::test(flavor = "multi_thread")]
async fn repairs_of_mysql_are_of_this_moment() {
    let Some(two) = Two::start(ServerKind::Mysql97, "shop", GOODS).await else {
        return;
    };
    run(&two.other.primary, PLANTED).await;
    let trigger = "CREATE TRIGGER adds BEFORE UPDATE ON shop.goods FOR EACH ROW SET NEW.a = 'mine'";
    repairs_are_of_this_moment(&two, [trigger, "adds", "DROP TRIGGER adds"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repairs_of_postgres_are_of_this_moment() {
    let make = format!("CREATE SCHEMA shop; {GOODS}");
    let Some(two) = Two::start(ServerKind::Postgres(17), "shop", &make).await else {
        return;
    };
    run(&two.other.primary, PLANTED).await;
    // Ordinary triggers do not run along; one that always does is refused.
    for statement in [
        "CREATE FUNCTION shop.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.a := ''mine''; RETURN NEW; END'",
        "CREATE TRIGGER adds BEFORE INSERT ON shop.goods FOR EACH ROW EXECUTE FUNCTION shop.mine()",
        "CREATE TRIGGER sees BEFORE UPDATE ON shop.goods FOR EACH ROW WHEN (NEW.a = 'newer') EXECUTE FUNCTION shop.mine()",
    ] {
        run(&two.other.primary, statement).await;
    }
    let always = "CREATE TRIGGER always BEFORE DELETE ON shop.goods FOR EACH ROW EXECUTE FUNCTION shop.mine(); \
        ALTER TABLE shop.goods ENABLE ALWAYS TRIGGER always";
    repairs_are_of_this_moment(&two, [always, "always", "DROP TRIGGER always ON shop.goods"]).await;
}
