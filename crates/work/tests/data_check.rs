//! How a data check cuts its work, on two real servers that stand still.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use daybreak_engine::{Database, database};
use daybreak_model::{Endpoint, Scope, Table};
use daybreak_sandbox::{Estate, EstateOptions, Sandbox, Server, ServerKind, available};
use daybreak_work::{
    CheckSettings, Compared, Follows, NodeReport, Observe, Silent, TableVerdict, Verdict, WorkEvent,
    check_nodes,
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
        let sandbox = Sandbox::open().expect("a sandbox");
        let started = tokio::join!(
            Estate::start(&sandbox, EstateOptions::new(kind)),
            Estate::start(&sandbox, EstateOptions::new(kind))
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
        let scope = Scope {
            schemas: vec![self.schema.to_owned()],
        };
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
            share,
            ..settings(HOUR)
        };
        two.check(&settings, &waits).await;
        let told = waits.0.into_inner().expect("a list");
        let rested = told
            .iter()
            .any(|why| why.contains(&format!("the check has {share}% of the time")));
        assert_eq!(rested, rests, "{told:?}");
    }
}
