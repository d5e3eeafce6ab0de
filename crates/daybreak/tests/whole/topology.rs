//! `daybreak topology` on real servers: every edge found from any one server, and how.

use std::time::Duration;

use daybreak_sandbox::{Estate, EstateOptions, Login, Server, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list};

fn address(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port())
}

/// The edge between two servers.
fn link<'a>(estate: &'a Value, from: &Server, to: &Server) -> &'a Value {
    let found = list(estate, "links")
        .iter()
        .find(|link| link["from"] == address(from) && link["to"] == address(to));
    found.unwrap_or_else(|| panic!("no edge from {} to {} in {estate}", from.port(), to.port()))
}

fn node<'a>(estate: &'a Value, server: &Server) -> &'a Value {
    let mut nodes = list(estate, "servers").iter();
    nodes
        .find(|node| node["address"] == address(server))
        .unwrap_or_else(|| panic!("no {} in {estate}", server.port()))
}

/// What both ends were asked.
fn questions(link: &Value) -> Vec<&str> {
    let found = list(link, "found").iter();
    found.filter_map(|witness| witness["question"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_mysql_from_its_last_link() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Mysql97).gtid(true).replicas(2);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (primary, first, last) = (&estate.primary, &estate.replicas[0], &estate.replicas[1]);
    estate
        .sql("CREATE TABLE stock (id INT PRIMARY KEY)")
        .await
        .expect("made");
    let below = format!(
        "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PORT = {}; START REPLICA",
        first.port()
    );
    last.rows(&below).await.expect("moved");
    last.wait_for(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'",
        "1",
        Duration::from_secs(30),
    )
    .await
    .expect("it follows");
    let found = looking.json(last, &estate.admin, &["topology"], 0).await;
    assert_eq!(found["primary"], address(primary));
    assert_eq!(list(&found, "servers").len(), 3, "{found}");
    assert_eq!(list(&found, "links").len(), 2, "{found}");
    for (from, to) in [(primary, first), (first, last)] {
        let link = link(&found, from, to);
        assert_eq!(
            questions(link),
            ["SHOW REPLICA STATUS", "SHOW REPLICAS"],
            "{link}"
        );
        assert_eq!(
            (
                &link["kind"],
                &link["running"],
                &link["circular"],
                link["lag_seconds"].is_number()
            ),
            (&"binary_log".into(), &true.into(), &false.into(), true),
            "{link}"
        );
    }
    let primary_told = node(&found, primary);
    assert_eq!(primary_told["role"], "primary");
    assert_eq!(primary_told["gtid"], true);
    assert_eq!(primary_told["settings"]["binlog_format"], "ROW", "{primary_told}");
    assert_eq!(primary_told["tables"], 1);
    assert!(primary_told["bytes"].as_u64() > Some(0), "{primary_told}");
    assert_eq!(node(&found, last)["settings"]["super_read_only"], "ON");
    for server in list(&found, "servers") {
        assert!(list(server, "could_not_tell").is_empty(), "{server}");
    }

    // The same as a tree and as a graph.
    let tree = looking.run(last, &estate.admin, &["topology"]).await;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    assert!(tree.starts_with(&address(primary)), "{tree}");
    assert!(tree.contains(&format!("\n└─ {}", address(first))), "{tree}");
    assert!(tree.contains(&format!("\n   └─ {}", address(last))), "{tree}");
    let graph = looking.run(last, &estate.admin, &["topology", "--dot"]).await;
    let graph = String::from_utf8_lossy(&graph.stdout).into_owned();
    let arrow = format!("\"{}\" -> \"{}\"", address(first), address(last));
    assert!(graph.starts_with("digraph") && graph.contains(&arrow), "{graph}");

    // A server that is gone is told, with who named it; one to begin with is an error.
    first.kill_hard().await.expect("gone");
    let found = looking.json(last, &estate.admin, &["topology"], 0).await;
    let unreached = &list(&found, "unreached")[0];
    assert_eq!(unreached["name"], address(first), "{found}");
    assert_eq!(unreached["named_by"], address(last), "{found}");
    assert_eq!(found["primary"], Value::Null);
    let output = looking.run(first, &estate.admin, &["topology"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("hint:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_mariadb_with_semi_sync() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::MariaDb1011)
        .replicas(2)
        .setting("rpl_semi_sync_master_enabled", "ON")
        .setting("rpl_semi_sync_slave_enabled", "ON");
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let (one, other) = (&estate.primary, &estate.replicas[0]);
    let replicator = &estate.replicator;
    // On a named connection, which the older words do not show.
    let back = format!(
        "CHANGE MASTER 'back' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, MASTER_USER = '{}', MASTER_PASSWORD = '{}', \
         MASTER_USE_GTID = slave_pos; START SLAVE 'back'",
        other.port(),
        replicator.name(),
        replicator.password()
    );
    one.rows(&back).await.expect("it follows");
    let attached = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'";
    other
        .wait_for(attached, "1", Duration::from_secs(30))
        .await
        .expect("attached");
    let found = looking
        .json(&estate.replicas[1], &estate.admin, &["topology"], 0)
        .await;
    let (forth, back) = (link(&found, one, other), link(&found, other, one));
    assert_eq!(
        (&forth["circular"], &back["circular"]),
        (&true.into(), &true.into())
    );
    assert_eq!(back["name"], "back");
    assert_eq!(forth["semi_sync"], true, "{forth}");
    let third = link(&found, one, &estate.replicas[1]);
    assert_eq!(third["circular"], false);
    assert_eq!(node(&found, one)["product"], "mariadb");
    assert_eq!(list(&found, "links").len(), 3, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn standbys_and_a_subscriber_of_postgres() {
    let looking = Looking::new();
    let options = EstateOptions::new(ServerKind::Postgres(15)).replicas(2);
    let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
        return;
    };
    let subscriber = EstateOptions::new(ServerKind::Postgres(17));
    let Some(subscriber) = available(Estate::start(&looking.sandbox, subscriber).await) else {
        return;
    };
    let (primary, first, second) = (&estate.primary, &estate.replicas[0], &estate.replicas[1]);
    let table = "CREATE TABLE stock (id integer PRIMARY KEY)";
    primary.rows_in("shop", table).await.expect("made");
    primary
        .rows_in("shop", "CREATE PUBLICATION all_of_it FOR ALL TABLES")
        .await
        .expect("made");
    subscriber.primary.rows_in("shop", table).await.expect("made");
    let follow = format!(
        "CREATE SUBSCRIPTION warehouse CONNECTION 'host=127.0.0.1 port={} dbname=shop user={} password={}' PUBLICATION all_of_it",
        primary.port(),
        estate.admin.name(),
        estate.admin.password()
    );
    subscriber
        .primary
        .rows_in("shop", &follow)
        .await
        .expect("it follows");
    // One account that is everywhere.
    let everywhere = Login::new("everywhere", "Every-where-1");
    for server in [primary, &subscriber.primary] {
        let make = "CREATE ROLE everywhere LOGIN SUPERUSER PASSWORD 'Every-where-1'";
        server.rows(make).await.expect("made");
    }
    for standby in [first, second] {
        let there = "SELECT count(*) FROM pg_roles WHERE rolname = 'everywhere'";
        standby
            .wait_for(there, "1", Duration::from_secs(30))
            .await
            .expect("it follows");
    }
    primary
        .wait_for(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'",
            "3",
            Duration::from_secs(30),
        )
        .await
        .expect("all stream");
    let (also, and) = (address(second), address(&subscriber.primary));
    let found = looking
        .json(
            first,
            &everywhere,
            &["topology", "--also", &also, "--also", &and],
            0,
        )
        .await;
    assert_eq!(found["primary"], address(primary));
    assert_eq!(list(&found, "servers").len(), 4, "{found}");
    for standby in [first, second] {
        let link = link(&found, primary, standby);
        assert_eq!(link["kind"], "physical_stream");
        assert_eq!(link["running"], true, "{link}");
        assert!(questions(link).contains(&"pg_stat_replication"), "{link}");
        assert!(link["lag_seconds"].is_number(), "{link}");
    }
    let subscribed = link(&found, primary, &subscriber.primary);
    assert_eq!(
        (&subscribed["kind"], &subscribed["name"]),
        (&"logical_stream".into(), &"warehouse".into())
    );
    assert_eq!(questions(subscribed), ["pg_subscription", "pg_replication_slots"]);
    assert!(list(&found, "unreached").is_empty(), "{found}");
    assert!(
        !found.to_string().contains(estate.admin.password()),
        "no password"
    );
    // Without the further address the subscriber is known to be there, and not where.
    let found = looking.json(primary, &everywhere, &["topology"], 0).await;
    let unreached = list(&found, "unreached")
        .iter()
        .map(|server| server["name"].as_str());
    let unreached: Vec<&str> = unreached.flatten().collect();
    assert_eq!(
        unreached,
        ["2 standby server(s) on 127.0.0.1", "1 subscriber(s) on 127.0.0.1"],
        "{found}"
    );
}
