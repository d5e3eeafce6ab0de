//! Transactions that do not end in time.

use std::time::Duration;

use daybreak_sandbox::ServerKind;
use daybreak_traffic::{Flow, HoldEnd, HoldLimits, Refusal, Side, Stragglers, SwitchError, TrafficSwitch};

use crate::for_both_engines;
use crate::ground::{Ground, PATIENCE, ample};

for_both_engines!(
    stragglers_are_closed_and_rolled_back,
    stragglers_abort_the_hold_and_go_on,
    a_cancel_request_reaches_its_server_during_a_hold,
);

fn impatient(stragglers: Stragglers) -> HoldLimits {
    HoldLimits {
        deadline: PATIENCE,
        drain: Duration::from_millis(50),
        stragglers,
    }
}

async fn stragglers_are_closed_and_rolled_back(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let mut idle = ground.connect().await;
    let mut slow = ground.connect().await;
    slow.run("BEGIN").await.unwrap();
    slow.run("INSERT INTO notes VALUES ('never')").await.unwrap();

    handle.hold(impatient(Stragglers::Close)).await.unwrap();
    let drained = handle.drain().await.unwrap();
    assert_eq!((drained.paused, drained.killed.len()), (1, 1));
    assert!(drained.killed[0].busy_ms.is_some() && drained.killed[0].backend_port > 0);
    assert!(slow.run("COMMIT").await.is_err());
    handle.release().await.unwrap();
    idle.run("INSERT INTO notes VALUES ('idle')").await.unwrap();
    // It goes through only once the lock of the one that was rolled back is gone.
    idle.run("INSERT INTO notes VALUES ('never')").await.unwrap();
    assert_eq!(handle.counters().total.killed, 1);
}

async fn stragglers_abort_the_hold_and_go_on(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let mut slow = ground.connect().await;
    slow.run("BEGIN").await.unwrap();
    slow.run("INSERT INTO notes VALUES ('kept')").await.unwrap();

    handle.hold(impatient(Stragglers::Abort)).await.unwrap();
    let refused = handle.drain().await.unwrap_err();
    let SwitchError::Refused(Refusal::HoldEnded {
        end: HoldEnd::Stragglers { stragglers },
    }) = &refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(stragglers.len(), 1);
    assert!(!refused.hint().is_empty());
    assert_eq!(handle.where_now().await.unwrap().flow, Flow::Open);
    slow.run("COMMIT").await.unwrap();
    assert_eq!(ground.notes(Side::Source).await, ["kept"]);
    assert_eq!(handle.counters().total.killed, 0);
}

async fn a_cancel_request_reaches_its_server_during_a_hold(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let application = ground.connect().await;
    // MySQL cancels by a statement on another connection, which waits like any other.
    let crate::application::Application::Postgres { client, .. } = application else {
        return;
    };
    let cancel = client.cancel_token();
    let sleeping = tokio::spawn(async move { client.simple_query("SELECT pg_sleep(600)").await });
    let active =
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'";
    ground.source.wait_for(active, "1", PATIENCE).await.unwrap();
    handle.hold(ample()).await.unwrap();
    ground
        .until("one who is busy", |s| {
            s.hold.as_ref().is_some_and(|h| h.unsettled.len() == 1)
        })
        .await;
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    let error = sleeping.await.unwrap().unwrap_err();
    assert_eq!(error.code().map(|code| code.code()), Some("57014"), "{error:?}");
    assert_eq!(handle.drain().await.unwrap().killed, []);
    assert_eq!(handle.counters().cancels, 1);
}
