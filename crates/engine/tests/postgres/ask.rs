//! Questions, errors, sequences and the rest of the ports.

use daybreak_engine::{ErrorKind, Role};
use daybreak_model::{Hosting, Position, Secret, TableName, Tls, WriteState};

use crate::pair::{aurora, ok, own, sandbox, scope, statement};

#[tokio::test]
async fn says_who_it_is() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(cluster) = aurora(&sandbox, "target", 17).await else {
        return;
    };
    let (one, other) = (
        ok(side.database.identity().await),
        ok(cluster.database.identity().await),
    );
    assert_eq!(one.flavor.version.major, 15);
    assert_eq!(one.flavor.hosting, Hosting::SelfManaged);
    assert!(other.flavor.is_managed(), "{:?}", other.flavor);
    assert_eq!((one.role, other.role), (Role::Primary, Role::Primary));
    assert_ne!(one.unique_id, other.unique_id);
    assert_eq!(one.cannot_be_followed, None);
    assert!(one.clock_offset_ms.abs() < 1000);
    let again = daybreak_engine::database(side.endpoint.clone());
    assert_eq!(ok(again.identity().await).unique_id, one.unique_id);
    for job in ["read", "write", "follow", "lead", "fence"] {
        assert_eq!(
            ok(side.database.missing_privileges(job).await),
            Vec::<String>::new(),
            "{job}"
        );
        assert_eq!(
            ok(cluster.database.missing_privileges(job).await),
            Vec::<String>::new(),
            "{job}"
        );
    }
    side.run(&[
        "CREATE ROLE nobody LOGIN PASSWORD 'nobody'; CREATE SCHEMA shop; CREATE TABLE shop.t (id integer)",
    ])
    .await;
    let nobody = side.as_role("nobody", "nobody");
    for job in ["read", "write", "lead", "fence", "follow"] {
        assert_ne!(
            ok(nobody.missing_privileges(job).await),
            Vec::<String>::new(),
            "{job}"
        );
    }
    assert!(ok(side.database.schemas().await).contains(&"shop".to_owned()));
    assert!(ok(side.database.is_empty(&scope(&["shop"])).await));
    side.run(&["INSERT INTO shop.t VALUES (1)"]).await;
    assert!(!ok(side.database.is_empty(&scope(&["shop"])).await));
}

#[tokio::test]
async fn errors_say_what_kind_they_are() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    let connect = async |change: &dyn Fn(&mut daybreak_model::Endpoint)| {
        let mut endpoint = side.endpoint.clone();
        change(&mut endpoint);
        daybreak_engine::database(endpoint)
            .position()
            .await
            .map(|_| ())
            .map_err(|error| {
                assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
                error.kind
            })
    };
    assert_eq!(connect(&|_| {}).await, Ok(()));
    assert_eq!(
        connect(&|it| it.password = Secret::new("hunter2")).await,
        Err(ErrorKind::Authentication)
    );
    assert_eq!(
        connect(&|it| it.user = "nobody at all".to_owned()).await,
        Err(ErrorKind::Authentication)
    );
    assert_eq!(connect(&|it| it.port = 1).await, Err(ErrorKind::Unreachable));
    assert_eq!(
        connect(&|it| it.database = Some("nowhere".to_owned())).await,
        Err(ErrorKind::Other)
    );
    assert_eq!(connect(&|it| it.tls = Tls::Off).await, Ok(()));
    assert_eq!(
        connect(&|it| it.tls = Tls::Verify { ca: None }).await,
        Err(ErrorKind::Tls)
    );
    let authority = sandbox.certificate_authority().await.unwrap();
    assert_eq!(
        connect(&|it| it.tls = Tls::Verify {
            ca: Some(authority.clone())
        })
        .await,
        Ok(())
    );
    side.run(&["CREATE ROLE nobody LOGIN PASSWORD 'nobody'; CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY)"]).await;
    let nobody = side.as_role("nobody", "nobody");
    let run = async |text: &str| nobody.run(&[statement(text)]).await.map_err(|error| error.kind);
    assert_eq!(
        run("INSERT INTO shop.t VALUES (1)").await,
        Err(ErrorKind::Privilege)
    );
    assert_eq!(
        run("BEGIN READ ONLY; CREATE TABLE public.t (i integer)").await,
        Err(ErrorKind::ReadOnly)
    );
    let twice = side
        .database
        .run(&[statement("INSERT INTO shop.t VALUES (1), (1)")])
        .await;
    assert_eq!(twice.map_err(|error| error.kind), Err(ErrorKind::Duplicate));
}

#[tokio::test]
async fn sequences_are_raised_and_never_lowered() {
    let sandbox = sandbox();
    let Some(side) = own(&sandbox, "source", 15).await else {
        return;
    };
    let Some(other) = own(&sandbox, "target", 17).await else {
        return;
    };
    let make = "CREATE SCHEMA shop; CREATE SEQUENCE shop.up; CREATE SEQUENCE shop.\"D own\" INCREMENT -2 MINVALUE -100 MAXVALUE 100 START 50;
                CREATE SEQUENCE shop.full MAXVALUE 2; CREATE SEQUENCE shop.fresh START 7; CREATE TABLE shop.t (id integer GENERATED ALWAYS AS IDENTITY)";
    side.run(&[make]).await;
    other.run(&[make]).await;
    side.run(&["SELECT setval('shop.up', 41); SELECT setval('shop.\"D own\"', 10); SELECT nextval('shop.full'), nextval('shop.full');
                INSERT INTO shop.t SELECT FROM generate_series(1, 3)"]).await;
    other.run(&["SELECT setval('shop.fresh', 100)"]).await;
    let scope = scope(&["shop"]);
    let values = ok(side.database.identity_values(&scope).await);
    let next = |name: &str| {
        let object = TableName::new("shop", name);
        values
            .iter()
            .find(|value| value.object == object)
            .map(|value| value.next)
    };
    assert_eq!(
        [
            next("up"),
            next("D own"),
            next("full"),
            next("fresh"),
            next("t_id_seq")
        ],
        [Some(42), Some(8), Some(3), Some(7), Some(4)]
    );
    // Behind a fence, so that the first write after it has its value.
    ok(other.database.prepare_fence(&scope).await);
    ok(other.database.fence(&scope).await);
    assert_eq!(ok(other.database.raise_identity_values(&values).await), 4);
    assert_eq!(ok(other.database.write_state().await), WriteState::Fenced);
    assert_eq!(ok(other.database.raise_identity_values(&values).await), 0);
    ok(other.database.open(&scope).await);
    let raised = ok(other.database.identity_values(&scope).await);
    for value in &values {
        let own = raised.iter().find(|own| own.object == value.object).unwrap();
        let expected = if value.object.name == "fresh" {
            101
        } else {
            value.next
        };
        assert_eq!(own.next, expected, "{}", value.object);
    }
    assert_eq!(
        other.value("SELECT nextval('shop.up')").await.as_deref(),
        Some("42")
    );
}

#[tokio::test]
async fn changes_are_followed_and_nothing_stays_behind() {
    let sandbox = sandbox();
    for side in [
        own(&sandbox, "source", 13).await,
        aurora(&sandbox, "target", 17).await,
    ] {
        let Some(side) = side else { return };
        side.run(&["CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY, note text);
                    CREATE TABLE shop.pairs (a boolean, b char(4), c text, PRIMARY KEY (a, b));
                    CREATE TABLE shop.emptied (id integer PRIMARY KEY); CREATE TABLE shop.keyless (a integer);
                    CREATE TABLE shop.parts (id integer, v integer, PRIMARY KEY (id, v)) PARTITION BY LIST (v);
                    CREATE TABLE shop.parts_1 PARTITION OF shop.parts DEFAULT; INSERT INTO shop.t VALUES (1, 'x'), (2, 'x')"]).await;
        let scope = scope(&["shop"]);
        let mut changes = ok(side.database.changes(&scope).await);
        let mut next = async || {
            let (changes, position) = ok(changes.next().await);
            assert!(matches!(position, Some(Position::Lsn(_))));
            let mut lines: Vec<_> = changes
                .into_iter()
                .map(|change| {
                    format!(
                        "{} {}",
                        change.table.name,
                        change.key.map_or("all".to_owned(), |key| key.to_string())
                    )
                })
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(next().await, ["keyless all"]);
        side.run(&["INSERT INTO shop.t VALUES (3, repeat('long', 100000)); UPDATE shop.t SET id = 20 WHERE id = 2; DELETE FROM shop.t WHERE id = 1",
                   "INSERT INTO shop.pairs VALUES (true, 'ab', 'c'); TRUNCATE shop.emptied; INSERT INTO shop.parts VALUES (1, 2); UPDATE shop.t SET note = note WHERE id = 3"]).await;
        side.run(&["BEGIN; INSERT INTO shop.t VALUES (99, ''); ROLLBACK"])
            .await;
        assert_eq!(
            next().await,
            [
                "emptied all",
                "keyless all",
                "pairs true, ab",
                "parts 1, 2",
                "t 1",
                "t 2",
                "t 20",
                "t 3"
            ]
        );
        assert_eq!(next().await, ["keyless all"]);
        ok(changes.close().await);
        assert_eq!(
            side.value("SELECT count(*) FROM pg_publication").await.as_deref(),
            Some("0")
        );
        assert_eq!(
            side.value("SELECT count(*) FROM pg_replication_slots")
                .await
                .as_deref(),
            Some("0")
        );
        // One that ends without a word leaves only a publication, which the next one clears away.
        drop(ok(side.database.changes(&scope).await));
        side.until("SELECT count(*) FROM pg_replication_slots", "0").await;
        ok(ok(side.database.changes(&scope).await).close().await);
        assert_eq!(
            side.value("SELECT count(*) FROM pg_publication").await.as_deref(),
            Some("0")
        );
    }
}
