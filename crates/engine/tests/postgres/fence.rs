//! The fence holds every path, lets replication through, and opening gives back exactly what it took.

use std::time::Instant;

use daybreak_model::WriteState;

use crate::pair::{PATIENCE, Side, aurora, digests, link, load, ok, own, sandbox, scope};

const TABLES: &str = "CREATE ROLE owner_of_all; CREATE ROLE clerk LOGIN PASSWORD 'clerk'; CREATE ROLE boss LOGIN PASSWORD 'boss';
    CREATE ROLE helper LOGIN PASSWORD 'helper';
    GRANT owner_of_all TO boss;
    CREATE SCHEMA shop;
    GRANT USAGE ON SCHEMA shop TO PUBLIC;
    CREATE TABLE shop.t (id serial PRIMARY KEY, note text, other text);
    CREATE TABLE shop.public_may (id integer PRIMARY KEY);
    CREATE TABLE shop.owned (id integer PRIMARY KEY);
    CREATE VIEW shop.v AS SELECT id FROM shop.public_may;
    ALTER TABLE shop.owned OWNER TO owner_of_all;
    GRANT SELECT, INSERT, UPDATE ON shop.t TO clerk;
    GRANT INSERT, DELETE ON shop.t TO boss WITH GRANT OPTION;
    GRANT UPDATE (note), INSERT (other) ON shop.t TO helper;
    GRANT USAGE ON SEQUENCE shop.t_id_seq TO clerk;
    GRANT ALL ON shop.public_may, shop.v TO PUBLIC";

/// All rights as the catalogs have them, in one comparable text.
const RIGHTS: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('%s.0 %s', c.relname, x) AS line
    FROM pg_class AS c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl,
        acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))) AS x
    WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'v', 'S', 'p')
    UNION ALL
    SELECT format('%s.%s %s', a.attrelid::regclass, a.attname, x)
    FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS x
    WHERE a.attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'shop'::regnamespace)) AS l";

async fn refused(side: &Side, user: &str, statement: &str) {
    let error = side
        .estate()
        .primary
        .rows_as(&daybreak_sandbox::Login::new(user, user), "shop", statement)
        .await;
    let error = error.expect_err(statement);
    assert!(
        matches!(error.code(), Some("42501" | "25006")),
        "{statement}: {error}"
    );
}

#[tokio::test]
async fn holds_roles_owners_and_sessions_that_lift_the_default() {
    for major in [13, 18] {
        let sandbox = sandbox();
        let Some(side) = own(&sandbox, "source", major).await else {
            return;
        };
        side.run(&[TABLES]).await;
        // One who was given the right to give passes it on.
        let boss = side.as_role("boss", "boss");
        ok(boss
            .run(&[crate::pair::statement("GRANT INSERT ON shop.t TO helper")])
            .await);
        let scope = scope(&["shop"]);
        let before = side.value(RIGHTS).await;
        assert_eq!(ok(side.database.write_state().await), WriteState::Writable);
        assert!(
            side.database.prove_fence().await.is_err(),
            "nothing is fenced yet"
        );
        ok(side.database.prepare_fence(&scope).await);
        assert_eq!(ok(side.database.write_state().await), WriteState::Writable);

        let clerk = side.as_role("clerk", "clerk");
        ok(clerk
            .run(&[crate::pair::statement(
                "INSERT INTO shop.t (note) VALUES ('before')",
            )])
            .await);
        for round in 0..2 {
            ok(side.database.fence(&scope).await);
            ok(side.database.fence(&scope).await);
            assert_eq!(
                ok(side.database.write_state().await),
                WriteState::Fenced,
                "round {round}"
            );
            let lift = "SET default_transaction_read_only = off; BEGIN READ WRITE; ";
            for (user, statement) in [
                ("clerk", "INSERT INTO shop.t (note) VALUES ('x')"),
                ("clerk", "UPDATE shop.t SET note = 'x'"),
                ("clerk", "SELECT nextval('shop.t_id_seq')"),
                ("boss", "DELETE FROM shop.t"),
                ("boss", "INSERT INTO shop.owned VALUES (1)"),
                ("boss", "TRUNCATE shop.owned"),
                ("helper", "UPDATE shop.t SET note = 'x'"),
                ("helper", "INSERT INTO shop.t (other) VALUES ('x')"),
                ("helper", "INSERT INTO shop.public_may VALUES (1)"),
                ("helper", "INSERT INTO shop.v VALUES (1)"),
            ] {
                refused(&side, user, statement).await;
                refused(&side, user, &format!("{lift}{statement}")).await;
            }
            let proof = ok(side.database.prove_fence().await);
            assert!(proof.refusal.starts_with("42501"), "{proof:?}");
            ok(side.database.open(&scope).await);
            ok(side.database.open(&scope).await);
            assert_eq!(ok(side.database.write_state().await), WriteState::Writable);
            assert_eq!(side.value(RIGHTS).await, before, "round {round}");
        }
        ok(side
            .as_role("clerk", "clerk")
            .run(&[crate::pair::statement(
                "INSERT INTO shop.t (note) VALUES ('after')",
            )])
            .await);

        // What is granted behind the fence is taken as well, and given back with the rest.
        ok(side.database.fence(&scope).await);
        side.run(&["GRANT DELETE ON shop.t TO clerk; GRANT UPDATE (other) ON shop.t TO helper"])
            .await;
        ok(side.database.fence(&scope).await);
        assert_eq!(ok(side.database.write_state().await), WriteState::Fenced);
        refused(&side, "clerk", "DELETE FROM shop.t").await;
        refused(&side, "helper", "UPDATE shop.t SET other = 'x'").await;
        ok(side.database.open(&scope).await);
        for (user, statement) in [
            ("clerk", "DELETE FROM shop.t WHERE false"),
            ("clerk", "INSERT INTO shop.t (note) VALUES ('x')"),
            ("helper", "UPDATE shop.t SET other = 'x', note = 'x' WHERE false"),
        ] {
            let primary = &side.estate().primary;
            let login = daybreak_sandbox::Login::new(user, user);
            let done = primary.rows_as(&login, "shop", statement).await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }
}

#[tokio::test]
async fn ends_what_is_in_flight_and_refuses_prepared_transactions() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    side.run(&[TABLES]).await;
    let scope = scope(&["shop"]);
    ok(side.database.prepare_fence(&scope).await);
    let login = daybreak_sandbox::Login::new("clerk", "clerk");
    let open = "BEGIN; INSERT INTO shop.t (note) VALUES ('in flight'); SELECT pg_sleep(3600); COMMIT";
    let (in_flight, ()) = tokio::join!(side.estate().primary.rows_as(&login, "shop", open), async {
        side.until(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
            "1",
        )
        .await;
        let sessions = ok(side.database.sessions().await);
        let clerk = sessions.iter().find(|session| session.user == "clerk").unwrap();
        assert!(
            clerk.in_transaction && clerk.may_have_written && !clerk.ours,
            "{clerk:?}"
        );
        ok(side.database.fence(&scope).await);
        let left = ok(side.database.sessions().await);
        assert!(left.iter().all(|session| session.ours), "{left:?}");
    });
    assert!(in_flight.is_err());
    ok(side.database.open(&scope).await);
    assert_eq!(
        side.value("SELECT count(*) FROM shop.t").await.as_deref(),
        Some("0")
    );
}

#[tokio::test]
async fn is_quick_with_a_thousand_tables() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    side.run(&["CREATE ROLE app_owner; CREATE ROLE clerk; CREATE SCHEMA shop;
        DO $$ BEGIN FOR i IN 1..1000 LOOP
          EXECUTE format('CREATE TABLE shop.t%s (id integer)', i);
          EXECUTE format('ALTER TABLE shop.t%s OWNER TO app_owner', i);
          EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON shop.t%s TO clerk', i);
        END LOOP; END $$"])
        .await;
    let scope = scope(&["shop"]);
    let before = side.value(RIGHTS).await;
    ok(side.database.prepare_fence(&scope).await);
    let started = Instant::now();
    ok(side.database.fence(&scope).await);
    let fenced = started.elapsed();
    ok(side.database.prove_fence().await);
    let started = Instant::now();
    ok(side.database.open(&scope).await);
    eprintln!(
        "a thousand tables: fenced in {fenced:?}, opened in {:?}",
        started.elapsed()
    );
    assert_eq!(side.value(RIGHTS).await, before);
}

/// Changes from the other side are applied behind the fence, whichever side is fenced.
async fn replication_passes(source: Side, target: Side) {
    let scope = scope(&["shop"]);
    source.run(&["CREATE ROLE app_owner; CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY, note text);
                  ALTER TABLE shop.t OWNER TO app_owner; GRANT ALL ON SCHEMA shop TO app_owner; INSERT INTO shop.t VALUES (1, 'one')"]).await;
    let forward = link(&source, &target, "there");
    ok(forward.prepare(&scope).await);
    let position = load(&source, &target, &scope, "there").await;
    ok(target.database.prepare_fence(&scope).await);
    ok(target.database.fence(&scope).await);
    ok(forward.start(Some(&position)).await);
    source
        .run(&["INSERT INTO shop.t VALUES (2, 'two'); UPDATE shop.t SET note = 'uno' WHERE id = 1"])
        .await;
    let now = ok(source.database.position().await);
    ok(forward.wait_for(&now, PATIENCE).await);
    assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);

    let back = link(&target, &source, "back");
    ok(back.prepare(&scope).await);
    ok(back.arm().await);
    ok(source.database.prepare_fence(&scope).await);
    ok(source.database.fence(&scope).await);
    let now = ok(source.database.position().await);
    ok(forward.wait_for(&now, PATIENCE).await);
    ok(forward.stop().await);
    ok(back.engage().await);
    ok(target.database.open(&scope).await);
    target.run(&["INSERT INTO shop.t VALUES (3, 'three'); DELETE FROM shop.t WHERE id = 2; TRUNCATE shop.t; INSERT INTO shop.t VALUES (4, 'four')"]).await;
    let now = ok(target.database.position().await);
    ok(back.wait_for(&now, PATIENCE).await);
    assert_eq!(ok(source.database.write_state().await), WriteState::Fenced);
    assert_eq!(digests(&source, &scope).await, digests(&target, &scope).await);
}

#[tokio::test]
async fn lets_replication_through_between_13_and_17() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 13).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 17).await else {
        return;
    };
    replication_passes(source, target).await;
}

#[tokio::test]
async fn lets_replication_through_between_17_and_18() {
    let sandbox = sandbox();
    let Some(source) = own(&sandbox, "source", 17).await else {
        return;
    };
    let Some(target) = aurora(&sandbox, "target", 18).await else {
        return;
    };
    replication_passes(source, target).await;
}
