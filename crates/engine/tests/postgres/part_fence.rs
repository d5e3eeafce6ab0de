//! A fence around some tables of a database: it closes those for everybody, ends who has written them and does not commit, and
//! leaves the others alone.

use daybreak_engine::database_part;
use daybreak_model::{Part, Scope, TableName, WriteState};
use daybreak_sandbox::Login;

use crate::pair::{Side, ok, own, sandbox, statement};

const TABLES: &str = "CREATE ROLE clerk LOGIN PASSWORD 'clerk';
    CREATE SCHEMA shop;
    GRANT USAGE ON SCHEMA shop TO clerk;
    CREATE TYPE shop.colour AS ENUM ('red', 'blue');
    CREATE TABLE shop.t (id serial PRIMARY KEY, colour shop.colour);
    CREATE TABLE shop.\"it's \"\"odd\"\"\" (id integer PRIMARY KEY, day date) ;
    CREATE TABLE shop.days (id integer, day date) PARTITION BY RANGE (day);
    CREATE TABLE shop.days_1 PARTITION OF shop.days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE shop.other (id serial PRIMARY KEY, t integer);
    COMMENT ON COLUMN shop.other.t IS 'stays';
    COMMENT ON COLUMN shop.t.id IS 'goes';
    CREATE VIEW shop.of_t AS SELECT id FROM shop.t;
    CREATE VIEW shop.of_both AS SELECT t.id FROM shop.t JOIN shop.other ON other.t = t.id;
    CREATE VIEW shop.of_the_view AS SELECT id FROM shop.of_both;
    CREATE FUNCTION shop.takes(shop.other) RETURNS integer LANGUAGE sql AS 'SELECT $1.id';
    CREATE FUNCTION shop.plain() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    GRANT ALL ON ALL TABLES IN SCHEMA shop TO clerk; GRANT ALL ON ALL SEQUENCES IN SCHEMA shop TO clerk";

fn part() -> Part {
    let tables = ["t", "it's \"odd\"", "days"];
    Part {
        name: "orders".to_owned(),
        tables: tables.map(|table| TableName::new("shop", table)).into(),
    }
}

async fn attempt(side: &Side, login: &Login, statement: &str) -> Result<(), String> {
    let done = side.estate().primary.rows_as(login, "shop", statement).await;
    done.map(drop)
        .map_err(|error| error.code().unwrap_or("?").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_its_tables_alone() {
    for major in [13, 18] {
        let sandbox = sandbox();
        let Some(side) = own(&sandbox, "source", major).await else {
            return;
        };
        side.run(&[TABLES]).await;
        let scope = Scope {
            part: Some(part()),
            ..Scope::of(vec!["shop".to_owned()])
        };
        let (clerk, admin) = (Login::new("clerk", "clerk"), side.estate().admin.clone());
        let shared = database_part(side.endpoint.clone(), Some(part()));
        ok(shared.prepare_fence(&scope).await);
        ok(shared.prepare_fence(&scope).await);
        assert_eq!(ok(shared.write_state().await), WriteState::Writable);
        assert!(
            shared.prove_fence().await.is_err(),
            "an open part proves no fence"
        );
        attempt(&side, &clerk, "INSERT INTO shop.t DEFAULT VALUES")
            .await
            .unwrap();

        // What goes with the part, and nothing else.
        let flavor = ok(shared.flavor().await);
        let image = ok(side.database.schema(&scope, &flavor).await);
        let names: Vec<&str> = image.objects.iter().map(|object| object.name.as_str()).collect();
        for goes in [
            "shop.t",
            "shop.days_1",
            "shop.of_t",
            "shop.colour",
            "shop.t_id_seq",
        ] {
            assert!(names.contains(&goes), "{goes} goes: {names:?}");
        }
        assert!(names.iter().any(|name| name.contains("plain")), "{names:?}");
        for stays in ["other", "of_both", "of_the_view", "takes", "daybreak"] {
            assert!(
                !names.iter().any(|name| name.contains(stays)),
                "{stays} stays: {names:?}"
            );
        }
        assert_eq!(image.refusals, []);
        let tables = ok(side.database.tables(&scope).await);
        assert!(
            tables.iter().all(|table| table.name.name != "other"),
            "{tables:?}"
        );
        let counters = ok(side.database.identity_values(&scope).await);
        let counters: Vec<&str> = counters.iter().map(|value| value.object.name.as_str()).collect();
        assert_eq!(counters, ["t_id_seq"]);

        // One who has written and does not commit is ended, and what it wrote is gone; one who reads goes on.
        let session = |text: &'static str| {
            let clerk = side.as_role("clerk", "clerk");
            tokio::spawn(async move { clerk.run(&[statement(text)]).await })
        };
        let idle = session("BEGIN; INSERT INTO shop.t (id) VALUES (100); SELECT pg_sleep(20); COMMIT");
        let reads = session("BEGIN; SELECT count(*) FROM shop.t; SELECT pg_sleep(4); COMMIT");
        side.until(
            "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'",
            "2",
        )
        .await;
        ok(shared.fence(&scope).await);
        ok(shared.fence(&scope).await);
        assert!(idle.await.unwrap().is_err(), "its session was ended");
        assert!(!reads.is_finished(), "whoever reads is not waited for");
        assert_eq!(ok(shared.write_state().await), WriteState::Fenced);
        assert_eq!(ok(side.database.write_state().await), WriteState::Writable);
        for statement in [
            "INSERT INTO shop.t DEFAULT VALUES",
            "UPDATE shop.t SET id = 9",
            "DELETE FROM shop.\"it's \"\"odd\"\"\"",
            "TRUNCATE shop.t",
            "INSERT INTO shop.days VALUES (1, '2026-01-05')",
            "INSERT INTO shop.days_1 VALUES (1, '2026-01-05')",
        ] {
            for login in [&clerk, &admin] {
                assert_eq!(
                    attempt(&side, login, statement).await,
                    Err("25006".to_owned()),
                    "{statement}"
                );
            }
        }
        attempt(&side, &clerk, "INSERT INTO shop.other (t) VALUES (1)")
            .await
            .unwrap();
        let proof = ok(shared.prove_fence().await);
        assert!(proof.refusal.contains("25006"), "{proof:?}");
        reads.await.unwrap().unwrap();

        // A hole, seen by another process; then open.
        let other = database_part(side.endpoint.clone(), Some(part()));
        side.run(&["ALTER TABLE shop.days_1 DISABLE TRIGGER daybreak_fence_orders"])
            .await;
        assert!(
            matches!(ok(other.write_state().await), WriteState::Partly(which) if which.contains("days_1"))
        );
        ok(other.fence(&scope).await);
        side.run(&["CREATE TABLE shop.days_2 PARTITION OF shop.days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')"])
            .await;
        assert!(
            matches!(ok(other.write_state().await), WriteState::Partly(which) if which.contains("days_2"))
        );
        ok(other.fence(&scope).await);
        ok(other.open(&scope).await);
        ok(other.open(&scope).await);
        assert_eq!(ok(other.write_state().await), WriteState::Writable);
        attempt(&side, &clerk, "INSERT INTO shop.days VALUES (1, '2026-01-05')")
            .await
            .unwrap();
        ok(other.disarm_fence().await);
        side.until(
            "SELECT count(*)::text FROM pg_trigger WHERE tgname LIKE 'daybreak%'",
            "0",
        )
        .await;
        side.until("SELECT count(*)::text FROM shop.t", "1").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ties_it_to_a_table_that_stays_is_refused_by_name() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 17).await else {
        return;
    };
    side.run(&["CREATE SCHEMA shop;
        CREATE TABLE shop.t (id integer PRIMARY KEY);
        CREATE TABLE shop.child (id integer PRIMARY KEY, t integer REFERENCES shop.t);
        CREATE TABLE shop.base (id integer);
        CREATE TABLE shop.heir (more integer) INHERITS (shop.base);
        ALTER TABLE shop.child ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON shop.child USING (t > 0);
        CREATE MATERIALIZED VIEW shop.of_child AS SELECT * FROM shop.child;
        ALTER TABLE shop.t FORCE ROW LEVEL SECURITY;
        CREATE MATERIALIZED VIEW shop.of_t AS SELECT * FROM shop.t"])
        .await;
    let scope = Scope {
        part: Some(Part {
            name: "orders".to_owned(),
            tables: ["t", "heir"].map(|table| TableName::new("shop", table)).into(),
        }),
        ..Scope::of(vec!["shop".to_owned()])
    };
    let flavor = ok(side.database.flavor().await);
    let image = ok(side.database.schema(&scope, &flavor).await);
    let objects: Vec<&str> = image
        .refusals
        .iter()
        .map(|refusal| refusal.object.as_str())
        .collect();
    assert_eq!(
        objects,
        ["foreign key child_t_fkey of shop.child", "table shop.heir"]
    );
    // What belongs to a table that stays, stays.
    let moving: Vec<&str> = image.objects.iter().map(|object| object.name.as_str()).collect();
    for name in ["shop.of_t", "rows of shop.of_t", "row security of shop.t"] {
        assert!(moving.contains(&name), "{name}: {moving:?}");
    }
    let left = moving.iter().find(|name| name.contains("child"));
    assert_eq!(left, None, "{moving:?}");
}
