//! Loads that are begun again, on real servers: one whose target is cut off in the middle of a group of small tables, by a relay
//! in front of it that ends a connection once, and one that had made everything and is taken up all the same. And one that somebody
//! waits for, for whom it must not stand back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use daybreak_engine::database;
use daybreak_model::{Endpoint, Scope};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind, available};
use daybreak_work::{LoadError, LoadSettings, Observe, WorkEvent, load};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TABLES: usize = 20;

/// Passes everything on to `port`, but ends the first connection whose client says `words`. Returns its own port.
async fn relay(port: u16, words: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let own = listener.local_addr().expect("an address").port();
    let cut = Arc::new(AtomicBool::new(false));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
            let cut = Arc::clone(&cut);
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let up = async {
                    let mut buffer = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                        let said = &buffer[..read];
                        let heard = said.windows(words.len()).any(|window| window == words.as_bytes());
                        if heard && !cut.swap(true, Ordering::SeqCst) {
                            break;
                        }
                        if to_server.write_all(said).await.is_err() {
                            break;
                        }
                    }
                };
                tokio::select! {
                    () = up => {}
                    _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
                }
            });
        }
    });
    own
}

/// Counts retries.
#[derive(Default)]
struct Retries(AtomicUsize);

impl Observe for Retries {
    fn event(&self, event: WorkEvent) {
        if matches!(event, WorkEvent::Retrying { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A source and a target.
async fn pair(sandbox: &Sandbox, kind: ServerKind, target: AuroraOptions) -> Option<(Estate, AuroraStandIn)> {
    let (estate, cluster) = tokio::join!(
        Estate::start(sandbox, EstateOptions::new(kind)),
        AuroraStandIn::start(sandbox, target)
    );
    available(estate).zip(available(cluster))
}

fn endpoint(label: &str, url: &str) -> Endpoint {
    let url = url.split('?').next().unwrap_or_default();
    Endpoint::parse(label, &format!("{url}?tls=off")).expect("a URL")
}

/// Cuts the target off when the rows of the fifth table begin, and loads all the same.
async fn survives(kind: ServerKind, target: AuroraOptions, schema: &str, words: &'static str) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some((estate, cluster)) = pair(&sandbox, kind, target).await else {
        return;
    };
    let make: Vec<String> = (0..TABLES)
        .map(|n| {
            let table = format!("{schema}.t{n}");
            format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY); INSERT INTO {table} VALUES (1), (2), ({})",
                n + 3
            )
        })
        .collect();
    let made = estate.primary.rows_in("shop", &make.join("; ")).await;
    made.expect("tables");
    let source = database(endpoint("source", &estate.admin_url()));
    let mut behind = endpoint("target", &cluster.admin_url());
    behind.port = relay(behind.port, words).await;
    let target = database(behind);
    let scope = Scope::of(vec![schema.to_owned()]);
    let settings = LoadSettings {
        workers: 1,
        ..LoadSettings::new("retry")
    };
    let retries = Arc::new(Retries::default());
    let observer: Arc<dyn Observe> = Arc::<Retries>::clone(&retries);
    let loaded = load(&source, &target, &scope, &settings, false, &observer).await;
    let report = loaded.expect("loaded");
    assert_eq!(report.rows, 3 * TABLES as u64);
    assert_eq!(retries.0.load(Ordering::Relaxed), 1);
    let counts: Vec<String> = (0..TABLES)
        .map(|n| format!("(SELECT COUNT(*) FROM {schema}.t{n})"))
        .collect();
    let count = format!("SELECT {}", counts.join(" + "));
    let rows = cluster.writer().rows_in("shop", &count).await.expect("a count");
    assert_eq!(rows, [[Some((3 * TABLES).to_string())]]);
}

#[tokio::test]
async fn mysql_moves_a_broken_group_table_by_table() {
    let options = AuroraOptions::mysql();
    survives(ServerKind::Mysql97, options, "shop", "INTO TABLE `shop`.`t4`").await;
}

#[tokio::test]
async fn postgres_moves_a_broken_group_again() {
    let options = AuroraOptions::postgres(17);
    survives(
        ServerKind::Postgres(17),
        options,
        "public",
        "COPY \"public\".\"t4\"",
    )
    .await;
}

/// A load that is taken up when everything is there writes rows that differ once more: triggers that it made do not fire for them,
/// and are there at the end.
async fn fires_no_trigger(kind: ServerKind, target: AuroraOptions, schema: &str, make: &[&str], armed: &str) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some((estate, cluster)) = pair(&sandbox, kind, target).await else {
        return;
    };
    for statement in make {
        let made = estate.primary.rows_in("shop", statement).await;
        made.unwrap_or_else(|why| panic!("{statement}: {why}"));
    }
    if kind == ServerKind::Mysql97 {
        let trusts = "SET GLOBAL log_bin_trust_function_creators = 1";
        cluster
            .writer()
            .rows(trusts)
            .await
            .expect("the parameter group's");
    }
    let source = database(endpoint("source", &estate.admin_url()));
    let target = database(endpoint("target", &cluster.admin_url()));
    let scope = Scope::of(vec![schema.to_owned()]);
    let settings = LoadSettings {
        workers: 1,
        ..LoadSettings::new("retry")
    };
    let observer: Arc<dyn Observe> = Arc::<Retries>::default();
    let first = load(&source, &target, &scope, &settings, false, &observer).await;
    assert_eq!(first.expect("loaded").rows, 6);
    let asked = async |sql: &str| cluster.writer().rows_in("shop", sql).await.expect("an answer");
    asked("DELETE FROM b_orders WHERE id = 2").await;

    let again = load(&source, &target, &scope, &settings, true, &observer).await;
    assert_eq!(again.expect("taken up").ranges_kept, 1, "the log is the same");
    let count = |of: &str| format!("SELECT COUNT(*) FROM {of}");
    for (of, rows) in [("b_orders", "3"), ("a_log", "3"), (armed, "2")] {
        assert_eq!(asked(&count(of)).await, [[Some(rows.to_owned())]], "{of}");
    }
}

#[tokio::test]
async fn mysql_fires_no_trigger_of_its_own() {
    let make = [
        "CREATE TABLE a_log (id INT AUTO_INCREMENT PRIMARY KEY, said VARCHAR(20))",
        "CREATE TABLE b_orders (id INT PRIMARY KEY)",
        "CREATE TRIGGER before_it BEFORE INSERT ON b_orders FOR EACH ROW SET NEW.id = NEW.id + 0",
        "CREATE TRIGGER after_it AFTER INSERT ON b_orders FOR EACH ROW INSERT INTO a_log (said) VALUES ('made')",
        "INSERT INTO b_orders VALUES (1), (2), (3)",
    ];
    let armed = "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'shop'";
    fires_no_trigger(ServerKind::Mysql97, AuroraOptions::mysql(), "shop", &make, armed).await;
}

#[tokio::test]
async fn postgres_fires_no_trigger_of_its_own() {
    let make = [
        "CREATE TABLE a_log (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, said text)",
        "CREATE TABLE b_orders (id integer PRIMARY KEY)",
        "CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a_log (said) VALUES ('made'); RETURN NEW; END $$",
        "CREATE TRIGGER after_it AFTER INSERT ON b_orders FOR EACH ROW EXECUTE FUNCTION log_it()",
        "CREATE TRIGGER truncated AFTER TRUNCATE ON b_orders EXECUTE FUNCTION log_it()",
        "COMMENT ON TRIGGER after_it ON b_orders IS 'it''s always on'",
        "ALTER TABLE b_orders ENABLE ALWAYS TRIGGER after_it",
        "INSERT INTO b_orders VALUES (1), (2), (3)",
    ];
    let armed = "pg_trigger WHERE NOT tgisinternal";
    fires_no_trigger(
        ServerKind::Postgres(15),
        AuroraOptions::postgres(17),
        "public",
        &make,
        armed,
    )
    .await;
}

/// Has a table altered as soon as it is read, and goes on when that waits.
struct Alters {
    server: Arc<Estate>,
    alter: &'static str,
    waits: &'static str,
    begun: AtomicBool,
}

impl Observe for Alters {
    fn event(&self, event: WorkEvent) {
        if !matches!(event, WorkEvent::TableDone { .. }) || self.begun.swap(true, Ordering::SeqCst) {
            return;
        }
        let (server, alter) = (Arc::clone(&self.server), self.alter);
        tokio::spawn(async move { server.primary.rows_in("shop", alter).await });
        tokio::task::block_in_place(|| {
            let patience = Duration::from_secs(20);
            let waits = self.server.primary.wait_for(self.waits, "1", patience);
            tokio::runtime::Handle::current()
                .block_on(waits)
                .expect("it waits for us");
        });
    }
}

/// A load holds what it has read until it ends; who wants to change that waits, and everybody behind him. It does not wait for them.
async fn goes_on_while_waited_for(
    kind: ServerKind,
    target: AuroraOptions,
    schema: &str,
    [alter, waits]: [&'static str; 2],
) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some((estate, cluster)) = pair(&sandbox, kind, target).await else {
        return;
    };
    let make: Vec<String> = (0..TABLES)
        .map(|n| format!("CREATE TABLE {schema}.t{n} (id INT PRIMARY KEY)"))
        .collect();
    let made = estate.primary.rows_in("shop", &make.join("; ")).await;
    made.expect("tables");
    let source = database(endpoint("source", &estate.admin_url()));
    let target = database(endpoint("target", &cluster.admin_url()));
    let mut settings = LoadSettings {
        workers: 1,
        ..LoadSettings::new("retry")
    };
    settings.throttle.running_sessions = 0;
    settings.throttle.interval = Duration::from_millis(10);
    let observer: Arc<dyn Observe> = Arc::new(Alters {
        server: Arc::new(estate),
        alter,
        waits,
        begun: AtomicBool::new(false),
    });
    let scope = Scope::of(vec![schema.to_owned()]);
    let loading = load(&source, &target, &scope, &settings, false, &observer);
    let ended = tokio::time::timeout(Duration::from_secs(60), loading).await;
    // What came of it is told by name: the table changed once its rows were there.
    if let Err(error) = ended.expect("it does not stand back for who waits for it") {
        assert!(matches!(error, LoadError::SchemaChanged(_)), "{error}");
    }
    let last = format!("SELECT COUNT(*) FROM {schema}.t{}", TABLES - 1);
    let there = cluster.writer().rows_in("shop", &last).await;
    assert_eq!(there.expect("the last table"), [[Some("0".to_owned())]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_does_not_wait_for_who_waits_for_it() {
    goes_on_while_waited_for(
        ServerKind::Mysql97,
        AuroraOptions::mysql(),
        "shop",
        [
            "ALTER TABLE t0 ADD x INT",
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_does_not_wait_for_who_waits_for_it() {
    goes_on_while_waited_for(
        ServerKind::Postgres(17),
        AuroraOptions::postgres(17),
        "public",
        [
            "ALTER TABLE t0 ADD x integer",
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE t0%' AND wait_event_type = 'Lock'",
        ],
    )
    .await;
}
