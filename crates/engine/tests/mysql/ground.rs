//! Servers, and the few moves every test makes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Check, Database, Hashing, Read, Replication, Write, database};
use daybreak_model::{
    Endpoint, LinkSettings, ObjectKind, Phase, RowRange, SchemaImage, Scope, Secret, Table,
};
use daybreak_sandbox::{
    AuroraOptions, AuroraStandIn, Estate, EstateOptions, Login, Sandbox, Server, ServerKind, available,
};
use tokio::sync::mpsc;

/// A source and a target that can reach each other.
pub(crate) struct Pair {
    pub(crate) estate: Estate,
    pub(crate) cluster: AuroraStandIn,
    pub(crate) source: Arc<dyn Database>,
    pub(crate) target: Arc<dyn Database>,
    _sandbox: Sandbox,
}

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::open_with(|notice| eprintln!("{notice}")).unwrap()
}

/// A lone source of a kind, and the stand-in as its target.
pub(crate) async fn pair(kind: ServerKind, gtid: bool) -> Option<Pair> {
    let sandbox = sandbox();
    let estate = available(Estate::start(&sandbox, EstateOptions::new(kind).gtid(gtid)).await)?;
    let cluster = available(
        AuroraStandIn::start(
            &sandbox,
            AuroraOptions::mysql()
                .gtid(gtid)
                .setting("log_bin_trust_function_creators", "1"),
        )
        .await,
    )?;
    let source = database(endpoint("source", &estate.admin_url()));
    let target = database(endpoint("target", &cluster.admin_url()));
    Some(Pair {
        estate,
        cluster,
        source,
        target,
        _sandbox: sandbox,
    })
}

/// A lone server, asked as its administrator.
pub(crate) async fn lone(kind: ServerKind, gtid: bool) -> Option<(Sandbox, Estate, Arc<dyn Database>)> {
    let sandbox = sandbox();
    let estate = available(Estate::start(&sandbox, EstateOptions::new(kind).gtid(gtid)).await)?;
    let server = database(endpoint("server", &estate.admin_url()));
    Some((sandbox, estate, server))
}

pub(crate) fn endpoint(label: &str, url: &str) -> Endpoint {
    let url = url.split('?').next().unwrap();
    Endpoint::parse(label, &format!("{url}?tls=off")).unwrap()
}

pub(crate) fn scope(names: &[&str]) -> Scope {
    Scope::of(names.iter().map(|name| (*name).to_owned()).collect())
}

pub(crate) fn link(gtid: bool) -> LinkSettings {
    LinkSettings {
        user: "daybreak_repl".to_owned(),
        password: Secret::new("Rep1-s'ecret"),
        tls: false,
        ca_on_source: None,
        ca_on_target: None,
        gtid,
        name: "daybreak".to_owned(),
        part: None,
        back: false,
    }
}

/// A connection of the application's.
pub(crate) async fn application(estate: &Estate) -> mysql_async::Conn {
    let url = endpoint("app", &estate.app_url());
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(url.host.clone())
        .tcp_port(url.port)
        .user(Some(url.user.clone()))
        .pass(Some(url.password.expose().to_owned()))
        .db_name(Some("shop"))
        .prefer_socket(false);
    mysql_async::Conn::new(options).await.unwrap()
}

/// Runs statements as root, each on a connection of its own.
pub(crate) async fn sql(server: &Server, database: &str, statements: &[&str]) {
    for statement in statements {
        if let Err(error) = server.rows_in(database, statement).await {
            panic!("{statement}: {error}");
        }
    }
}

/// What a login gets for a statement.
pub(crate) async fn attempt(
    server: &Server,
    login: &Login,
    database: &str,
    statement: &str,
) -> Result<(), String> {
    server
        .rows_as(login, database, statement)
        .await
        .map(drop)
        .map_err(|error| error.code().unwrap_or("?").to_owned())
}

/// Copies one range from a reader to a writer.
pub(crate) async fn copy_range(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    table: &Table,
    range: &RowRange,
) -> u64 {
    let (sender, receiver) = mpsc::channel(4);
    let (read, written) = tokio::join!(
        reader.read(table, range, sender),
        writer.write(table, range, receiver)
    );
    let (read, written) = (read.unwrap(), written.unwrap());
    assert_eq!(read, written, "{}", table.name);
    written.rows
}

/// Runs the statements of every object of a phase.
pub(crate) async fn make(writer: &mut dyn Write, image: &SchemaImage, phase: Phase) {
    for object in image.objects.iter().filter(|object| object.phase == phase) {
        for text in &object.create {
            let statement = daybreak_engine::Statement {
                what: format!("make {:?} {}", object.kind, object.name),
                text: text.clone(),
            };
            if let Err(error) = writer.execute(&statement).await {
                panic!("{error}: {:?}\n{text}", error.source);
            }
        }
    }
}

/// Loads a scope from a snapshot and returns the position and the source's image.
pub(crate) async fn load(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    scope: &Scope,
) -> (daybreak_model::Position, SchemaImage) {
    let flavor = target.flavor().await.unwrap();
    let image = source.schema(scope, &flavor).await.unwrap();
    assert_eq!(image.refusals, []);
    let mut snapshot = source
        .snapshot(scope, 2, "daybreak", Duration::from_secs(30))
        .await
        .unwrap();
    let position = snapshot.position().clone();
    let mut readers = snapshot.take_readers();
    let mut writer = target.writer().await.unwrap();
    make(&mut *writer, &image, Phase::BeforeRows).await;
    for table in &image.tables {
        let ranges = readers[0].cut(table, 10_000, 16 << 20).await.unwrap();
        for (index, range) in ranges.iter().enumerate() {
            let count = readers.len();
            copy_range(&mut *readers[index % count], &mut *writer, table, range).await;
        }
        writer.analyze(table).await.unwrap();
    }
    snapshot.close().await.unwrap();
    make(&mut *writer, &image, Phase::AfterRows).await;
    make(&mut *writer, &image, Phase::AfterAll).await;
    (position, image)
}

/// Every table's digest is the same on both sides, a strong one, too.
pub(crate) async fn assert_same_rows(
    source: &Arc<dyn Database>,
    target: &Arc<dyn Database>,
    image: &SchemaImage,
) -> u64 {
    let mut left = source.checker().await.unwrap();
    let mut right = target.checker().await.unwrap();
    let mut rows = 0;
    for table in &image.tables {
        let one = left.chunk(table, &RowRange::Whole).await.unwrap();
        let other = right.chunk(table, &RowRange::Whole).await.unwrap();
        if one != other {
            panic!(
                "{}: {one:?} and {other:?} in {:?}",
                table.name,
                differing(&mut *left, &mut *right, table).await
            );
        }
        rows += one.rows;
    }
    let strong = Hashing {
        strong: true,
        json_by_meaning: false,
    };
    left.hash_by(strong);
    right.hash_by(strong);
    for table in &image.tables {
        let one = left.chunk(table, &RowRange::Whole).await.unwrap();
        let other = right.chunk(table, &RowRange::Whole).await.unwrap();
        assert_eq!(one, other, "{}", table.name);
        assert_eq!(one.rows == 0, one.second_sum == 0, "{}: 128 bits", table.name);
    }
    rows
}

/// The columns whose values are not the same.
pub(crate) async fn differing(left: &mut dyn Check, right: &mut dyn Check, table: &Table) -> Vec<String> {
    let mut names = Vec::new();
    for column in &table.columns {
        let alone = Table {
            columns: vec![column.clone()],
            key: None,
            ..table.clone()
        };
        if left.chunk(&alone, &RowRange::Whole).await.unwrap()
            != right.chunk(&alone, &RowRange::Whole).await.unwrap()
        {
            names.push(column.name.clone());
        }
    }
    names
}

/// Every object is on the target, by its canonical definition.
pub(crate) async fn assert_same_schema(target: &Arc<dyn Database>, scope: &Scope, image: &SchemaImage) {
    let flavor = target.flavor().await.unwrap();
    let there = target.schema(scope, &flavor).await.unwrap();
    let list = |image: &SchemaImage| {
        let mut list: Vec<(ObjectKind, String, String)> = image
            .objects
            .iter()
            .map(|object| (object.kind, object.name.clone(), object.definition.clone()))
            .collect();
        list.sort();
        list
    };
    let (here, there) = (list(image), list(&there));
    for (left, right) in here.iter().zip(&there) {
        assert_eq!(left, right);
    }
    assert_eq!(here.len(), there.len());
}

/// Waits until a link runs.
pub(crate) async fn running(link: &dyn Replication) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let status = link.status().await.unwrap();
        if status.is_running() {
            return;
        }
        assert!(Instant::now() < deadline, "not running within 30 s: {status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
