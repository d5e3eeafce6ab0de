//! Two real servers, a source and a target, and what every test does with them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{
    Block, Copied, Database, EngineError, Hashing, Read, Replication, Statement, Write, database, replication,
};
use daybreak_model::{
    ChunkDigest, Endpoint, LinkSettings, Phase, RowRange, SchemaImage, Scope, Secret, Table, TableName,
};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Estate, EstateOptions, Sandbox, ServerKind, available};
use tokio::sync::mpsc;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server and what we reach it by. Whatever started it is held as long.
pub(crate) struct Side {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) endpoint: Endpoint,
    estate: Option<Estate>,
    cluster: Option<AuroraStandIn>,
}

impl Side {
    /// Runs statements as our own account.
    pub(crate) async fn run(&self, statements: &[&str]) {
        for text in statements {
            ok(self.database.run(&[statement(text)]).await);
        }
    }

    /// The first value of a question, asked as our own account.
    pub(crate) async fn value(&self, question: &str) -> Option<String> {
        let rows = match (&self.estate, &self.cluster) {
            (Some(estate), _) => estate.primary.rows_in(&estate.database, question).await,
            (_, Some(cluster)) => cluster.sql(question).await,
            (None, None) => return None,
        };
        rows.unwrap_or_else(|error| panic!("{question}: {error}"))
            .into_iter()
            .next()?
            .into_iter()
            .next()?
    }

    pub(crate) async fn until(&self, question: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.value(question).await;
            if answer.as_deref() == Some(wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "{question}: {answer:?}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The same server for another account.
    pub(crate) fn as_role(&self, user: &str, password: &str) -> Arc<dyn Database> {
        let mut endpoint = self.endpoint.clone();
        user.clone_into(&mut endpoint.user);
        endpoint.password = Secret::new(password);
        database(endpoint)
    }

    /// The same with new connections.
    pub(crate) fn again(self) -> Self {
        Self {
            database: database(self.endpoint.clone()),
            ..self
        }
    }

    pub(crate) fn estate(&self) -> &Estate {
        self.estate.as_ref().expect("a source is an estate")
    }
}

/// The value, or a panic that says everything.
pub(crate) fn ok<T>(result: Result<T, EngineError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}: {:?}; hint: {:?}", error.source, error.hint()))
}

/// A statement named after its text.
pub(crate) fn statement(text: &str) -> Statement {
    Statement {
        what: format!("run {text:.60}"),
        text: text.to_owned(),
    }
}

pub(crate) fn scope(schemas: &[&str]) -> Scope {
    Scope::of(schemas.iter().map(|name| (*name).to_owned()).collect())
}

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::open_with(|message| eprintln!("{message}")).unwrap()
}

fn endpoint(label: &str, url: &str) -> Endpoint {
    Endpoint::parse(label, &format!("{url}?tls=require")).unwrap()
}

/// A company's own server, whose administrator is a superuser.
pub(crate) async fn own(sandbox: &Sandbox, label: &str, major: u8) -> Option<Side> {
    let options = EstateOptions::new(ServerKind::Postgres(major));
    let estate = available(Estate::start(sandbox, options).await)?;
    let endpoint = endpoint(label, &estate.admin_url());
    Some(Side {
        database: database(endpoint.clone()),
        endpoint,
        estate: Some(estate),
        cluster: None,
    })
}

/// An Aurora stand-in, whose administrator is none.
pub(crate) async fn aurora(sandbox: &Sandbox, label: &str, major: u8) -> Option<Side> {
    let cluster = available(AuroraStandIn::start(sandbox, AuroraOptions::postgres(major)).await)?;
    let endpoint = endpoint(label, &cluster.admin_url());
    Some(Side {
        database: database(endpoint.clone()),
        endpoint,
        estate: None,
        cluster: Some(cluster),
    })
}

/// Replication between two sides under a name.
pub(crate) fn link(from: &Side, to: &Side, name: &str) -> Arc<dyn Replication> {
    let settings = LinkSettings {
        user: "daybreak_replication".to_owned(),
        password: Secret::new("a secret with ' and \\ in it"),
        tls: false,
        ca_on_source: None,
        ca_on_target: None,
        gtid: false,
        name: name.to_owned(),
        part: None,
        back: false,
    };
    replication(from.endpoint.clone(), to.endpoint.clone(), settings)
}

/// Makes the objects of one phase on a server.
pub(crate) async fn make(side: &Side, image: &SchemaImage, phase: Phase) {
    let mut writer = side.database.writer().await.unwrap();
    for object in image.objects.iter().filter(|object| object.phase == phase) {
        for text in &object.create {
            let statement = Statement {
                what: format!("create {}", object.name),
                text: text.clone(),
            };
            if let Err(error) = writer.execute(&statement).await {
                panic!("{error}: {text}: {:?}", error.source);
            }
        }
    }
}

/// Copies one range through a channel, both ends at once.
pub(crate) async fn copy(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    table: &Table,
    range: &RowRange,
) -> (Copied, Copied) {
    let (sender, receiver) = mpsc::channel::<Block>(4);
    let (read, written) = tokio::join!(
        reader.read(table, range, sender),
        writer.write(table, range, receiver)
    );
    let read = read.unwrap_or_else(|error| panic!("{error}: {:?}", error.source));
    let written = written.unwrap_or_else(|error| panic!("{error}: {:?}", error.source));
    (read, written)
}

/// Moves schema and rows from one side to the other, in many small pieces, and returns the position they stand at.
pub(crate) async fn load(
    source: &Side,
    target: &Side,
    scope: &Scope,
    link_name: &str,
) -> daybreak_model::Position {
    let flavor = target.database.flavor().await.unwrap();
    let image = source.database.schema(scope, &flavor).await.unwrap();
    assert_eq!(image.refusals, []);
    // A load makes these when it is done with their table's rows.
    for object in image
        .objects
        .iter()
        .filter(|object| object.phase == Phase::AfterRows)
    {
        let known = image
            .tables
            .iter()
            .any(|table| Some(&table.name) == object.table.as_ref());
        assert!(known, "{} is of no table that is copied", object.name);
    }
    make(target, &image, Phase::BeforeRows).await;
    let snapshot = source
        .database
        .snapshot(scope, 2, link_name, Duration::from_secs(5))
        .await;
    let mut snapshot = snapshot.unwrap_or_else(|error| panic!("{error}: {:?}", error.source));
    let position = snapshot.position().clone();
    let mut readers = snapshot.take_readers();
    let mut writer = target.database.writer().await.unwrap();
    for table in &image.tables {
        let ranges = readers[0].cut(table, 1000, 1 << 16).await.unwrap();
        for (index, range) in ranges.iter().enumerate() {
            let reader = &mut readers[index % 2];
            let (read, written) = copy(reader.as_mut(), writer.as_mut(), table, range).await;
            assert_eq!(read, written, "{}", table.name);
        }
    }
    drop(readers);
    snapshot.close().await.unwrap();
    make(target, &image, Phase::AfterRows).await;
    make(target, &image, Phase::AfterAll).await;
    position
}

/// Digests of every table, each in one piece, with and without strong hashes.
pub(crate) async fn digests(side: &Side, scope: &Scope) -> Vec<(TableName, ChunkDigest)> {
    let flavor = side.database.flavor().await.unwrap();
    let image = side.database.schema(scope, &flavor).await.unwrap();
    let mut checker = side.database.checker().await.unwrap();
    let mut digests = Vec::new();
    for strong in [false, true] {
        checker.hash_by(Hashing {
            strong,
            json_by_meaning: false,
        });
        for table in &image.tables {
            let digest = checker.chunk(table, &RowRange::Whole).await;
            let digest = digest.unwrap_or_else(|error| panic!("{error}: {:?}", error.source));
            assert_eq!(
                strong && digest.rows > 0,
                digest.second_sum != 0,
                "{}: 128 bits",
                table.name
            );
            digests.push((table.name.clone(), digest));
        }
    }
    digests
}

/// Fails with every object that differs.
pub(crate) async fn assert_same_schema(source: &Side, target: &Side, scope: &Scope) {
    let flavor = target.database.flavor().await.unwrap();
    let one = source.database.schema(scope, &flavor).await.unwrap();
    let other = target.database.schema(scope, &flavor).await.unwrap();
    let sorted = |image: &SchemaImage| {
        let mut list: Vec<_> = image
            .objects
            .iter()
            .map(|object| (object.kind, object.name.clone(), object.definition.clone()))
            .collect();
        list.sort();
        list
    };
    let (one, other) = (sorted(&one), sorted(&other));
    let missing: Vec<_> = one.iter().filter(|object| !other.contains(object)).collect();
    let added: Vec<_> = other.iter().filter(|object| !one.contains(object)).collect();
    assert!(
        missing.is_empty() && added.is_empty(),
        "only source: {missing:#?}\nonly target: {added:#?}"
    );
}
