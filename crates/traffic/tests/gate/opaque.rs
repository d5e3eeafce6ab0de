//! Connections under TLS, which only the servers' session lists can tell apart.

use std::time::Duration;

use daybreak_sandbox::ServerKind;
use daybreak_traffic::{HoldLimits, Side, Stragglers, TrafficSwitch};

use crate::for_both_engines;
use crate::ground::{Ground, PATIENCE, ample};

for_both_engines!(
    a_transaction_under_tls_ends_before_the_drain_does,
    without_a_session_list_nobody_under_tls_counts_as_idle,
);

async fn a_transaction_under_tls_ends_before_the_drain_does(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let access = ground.tls_access().await;
    let mut idle = access.connect().await.unwrap();
    let before = idle.identity().await;
    let mut busy = access.connect().await.unwrap();
    busy.run("BEGIN").await.unwrap();
    busy.run("INSERT INTO notes VALUES ('one')").await.unwrap();

    handle.hold(ample()).await.unwrap();
    let status = ground
        .until("one pause", |s| {
            s.hold.as_ref().is_some_and(|h| h.unsettled.len() == 1)
        })
        .await;
    assert_eq!(
        status.hold.unwrap().unsettled[0].busy_ms,
        None,
        "its stream cannot be read"
    );
    busy.run("INSERT INTO notes VALUES ('two')").await.unwrap();
    busy.run("COMMIT").await.unwrap();
    let drained = handle.drain().await.unwrap();
    assert_eq!((drained.paused, drained.killed.len()), (2, 0));
    assert_eq!(ground.notes(Side::Source).await, ["one", "two"]);

    handle.release().await.unwrap();
    assert_eq!(idle.identity().await, before);
    busy.run("INSERT INTO notes VALUES ('three')").await.unwrap();

    handle.hold(ample()).await.unwrap();
    assert_eq!(handle.drain().await.unwrap().paused, 2);
    handle.switch(Side::Target).await.unwrap();
    assert!(busy.run("INSERT INTO notes VALUES ('late')").await.is_err());
    assert_eq!(access.connect().await.unwrap().side().await, "target");
    assert_eq!(handle.counters().holds[0].drained, 1);
}

async fn without_a_session_list_nobody_under_tls_counts_as_idle(kind: ServerKind) {
    let Some(mut ground) = Ground::new(kind).await else {
        return;
    };
    ground.start_gate(false).await;
    let handle = ground.handle();
    let access = ground.tls_access().await;
    let mut application = access.connect().await.unwrap();
    let limits = HoldLimits {
        deadline: PATIENCE,
        drain: Duration::from_millis(50),
        stragglers: Stragglers::Abort,
    };
    handle.hold(limits).await.unwrap();
    // It is not stopped either: it could be in the middle of a transaction.
    application
        .run("INSERT INTO notes VALUES ('kept')")
        .await
        .unwrap();
    assert!(handle.drain().await.is_err());
    application.run("SELECT 1").await.unwrap();
    handle
        .hold(HoldLimits {
            stragglers: Stragglers::Close,
            ..limits
        })
        .await
        .unwrap();
    assert_eq!(handle.drain().await.unwrap().killed.len(), 1);
}
