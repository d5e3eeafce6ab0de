//! Many clients at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daybreak_sandbox::{Engine, ServerKind};
use daybreak_traffic::{Side, TrafficSwitch};
use tokio::task::JoinSet;

use crate::application::{Access, Application, Failure};
use crate::for_both_engines;
use crate::ground::{Ground, ample};

for_both_engines!(
    holds_and_releases_lose_nothing,
    switches_under_load_lose_nothing,
    a_thousand_connections
);

fn is_of_the_move(failure: &Failure) {
    assert!(
        failure.code.is_none() || failure.code.as_deref() == Some("57P01"),
        "{failure:?}"
    );
}

/// A connection may be moved while it logs in, too.
async fn connect(access: &Access) -> Application {
    loop {
        match access.connect().await {
            Ok(application) => return application,
            Err(failure) => is_of_the_move(&failure),
        }
    }
}

/// A client that writes notes in transactions of two until told to stop, and returns those it was told are written.
async fn writes(access: Access, number: usize, stop: Arc<AtomicBool>, may_fail: bool) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    let mut application = connect(&access).await;
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let notes = [format!("{number}-{round}-a"), format!("{number}-{round}-b")];
        let transaction = async {
            application.run("BEGIN").await?;
            application
                .run(&format!("INSERT INTO notes VALUES ('{}')", notes[0]))
                .await?;
            application
                .run(&format!("INSERT INTO notes VALUES ('{}')", notes[1]))
                .await?;
            application.run("COMMIT").await
        };
        match transaction.await {
            Ok(_) => acknowledged.extend(notes),
            Err(failure) if may_fail => {
                is_of_the_move(&failure);
                application = connect(&access).await;
            }
            Err(failure) => panic!("client {number} saw {failure:?}"),
        }
    }
    acknowledged
}

async fn holds_and_releases_lose_nothing(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..16 {
        clients.spawn(writes(ground.access(), number, Arc::clone(&stop), false));
    }
    ground.until("everyone", |status| status.connected == 16).await;
    for _ in 0..10 {
        handle.hold(ample()).await.unwrap();
        let drained = handle.drain().await.unwrap();
        assert_eq!((drained.paused, drained.killed.len()), (16, 0));
        let [before, after] = [
            ground.notes(Side::Source).await.len(),
            ground.notes(Side::Source).await.len(),
        ];
        assert_eq!(before, after, "nothing is written while traffic is held");
        handle.release().await.unwrap();
        let more = ground.handle().counters().client_bytes + 2000;
        ground
            .until("more traffic", |_| handle.counters().client_bytes > more)
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged: BTreeSet<String> = clients.join_all().await.into_iter().flatten().collect();
    let written: BTreeSet<String> = ground.notes(Side::Source).await.into_iter().collect();
    assert_eq!(acknowledged, written);
    assert_eq!(handle.counters().total.closed, 0);
    assert_eq!(handle.counters().total.paused, 160);
}

async fn switches_under_load_lose_nothing(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..16 {
        clients.spawn(writes(ground.access(), number, Arc::clone(&stop), true));
    }
    ground.until("everyone", |status| status.connected == 16).await;
    for side in [Side::Target, Side::Source, Side::Target] {
        handle.hold(ample()).await.unwrap();
        handle.drain().await.unwrap();
        let left = ground.notes(side.other()).await.len();
        handle.switch(side).await.unwrap();
        let more = handle.counters().client_bytes + 20_000;
        ground
            .until("more traffic", |_| handle.counters().client_bytes > more)
            .await;
        assert_eq!(
            ground.notes(side.other()).await.len(),
            left,
            "nothing is written to the side that was left"
        );
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged: BTreeSet<String> = clients.join_all().await.into_iter().flatten().collect();
    let mut written = ground.notes(Side::Source).await;
    written.extend(ground.notes(Side::Target).await);
    let once: BTreeSet<String> = written.iter().cloned().collect();
    assert_eq!(once.len(), written.len(), "nothing is written twice");
    // A connection ends only between two commands, so a commit is never in doubt.
    assert_eq!(acknowledged, once);
}

async fn a_thousand_connections(kind: ServerKind) {
    // Every connection of PostgreSQL's is a process: fewer of them say as much.
    let (many, settings) = match kind.engine() {
        Engine::Mysql => (1000, [("max_connections", "1100")]),
        Engine::Postgres => (300, [("max_connections", "320")]),
    };
    let Some(ground) = Ground::with(kind, &settings).await else {
        return;
    };
    let handle = ground.handle();
    let mut connections = Vec::new();
    for _ in 0..many / 50 {
        let mut batch = JoinSet::new();
        for _ in 0..50 {
            let access = ground.access();
            batch.spawn(async move { access.connect().await.unwrap() });
        }
        connections.extend(batch.join_all().await);
    }
    handle.hold(ample()).await.unwrap();
    let drained = handle.drain().await.unwrap();
    assert_eq!(drained.paused, many);
    println!("{many} connections paused in {} ms", drained.took_ms);
    handle.release().await.unwrap();
    let mut asking = JoinSet::new();
    for mut connection in connections {
        asking.spawn(async move {
            connection.run("SELECT 1").await.unwrap();
            connection
        });
    }
    let connections = asking.join_all().await;
    handle.hold(ample()).await.unwrap();
    handle.drain().await.unwrap();
    let began = std::time::Instant::now();
    assert_eq!(handle.switch(Side::Target).await.unwrap().side, Side::Target);
    ground
        .until("everyone's end", |status| status.connected == 0)
        .await;
    println!("{many} connections closed in {} ms", began.elapsed().as_millis());
    drop(connections);
    assert_eq!(ground.connect().await.side().await, "target");
    assert_eq!(handle.counters().total.closed, many);
}
