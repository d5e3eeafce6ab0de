//! Holding, releasing and switching with transactions under way.

use daybreak_sandbox::{Engine, ServerKind};
use daybreak_traffic::{Flow, Refusal, Side, SwitchError, TrafficSwitch};
use tokio::io::AsyncWriteExt;

use crate::for_both_engines;
use crate::ground::{Ground, ample};

for_both_engines!(
    a_transaction_ends_before_the_drain_does,
    paused_connections_go_on_untouched_after_a_release,
    a_switch_moves_everyone_and_forwards_nothing_sent_in_the_pause,
    new_connections_wait_and_reach_the_new_side,
    a_server_that_cannot_be_reached_is_counted_and_said,
);

async fn a_transaction_ends_before_the_drain_does(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let idle = ground.connect().await;
    let mut busy = ground.connect().await;
    busy.run("BEGIN").await.unwrap();
    busy.run("INSERT INTO notes VALUES ('one')").await.unwrap();

    assert!(!handle.hold(ample()).await.unwrap().already);
    let status = ground
        .until("one pause", |s| {
            s.hold.as_ref().is_some_and(|h| h.unsettled.len() == 1)
        })
        .await;
    assert!(!status.hold.as_ref().unwrap().drained);
    assert!(status.hold.unwrap().unsettled[0].busy_ms.is_some());
    let drain = tokio::spawn({
        let handle = handle.clone();
        async move { handle.drain().await }
    });
    busy.run("INSERT INTO notes VALUES ('two')").await.unwrap();
    assert!(!drain.is_finished(), "the transaction is open");
    assert!(matches!(
        handle.point(Side::Target).await,
        Err(SwitchError::Refused(Refusal::NotDrained { unsettled: 1 }))
    ));
    busy.run("COMMIT").await.unwrap();
    let drained = drain.await.unwrap().unwrap();
    assert_eq!((drained.paused, drained.killed.len()), (2, 0));
    assert_eq!(
        ground.notes(Side::Source).await,
        ["one", "two"],
        "committed before the drain was over"
    );

    handle.switch(Side::Target).await.unwrap();
    // A connection is counted before its client sees its end.
    idle.end().await;
    busy.end().await;
    let counters = handle.counters();
    assert_eq!(
        (counters.holds[0].paused, counters.holds[0].drained),
        (2, 1),
        "{counters:?}"
    );
    assert_eq!(
        (counters.holds[0].closed, counters.holds[0].killed),
        (2, 0),
        "{counters:?}"
    );
}

async fn paused_connections_go_on_untouched_after_a_release(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let mut application = ground.connect().await;
    let before = application.identity().await;

    let first = handle.hold(ample()).await.unwrap();
    let again = handle.hold(ample()).await.unwrap();
    assert_eq!((again.hold, again.already), (first.hold, true));
    handle.drain().await.unwrap();
    handle.drain().await.unwrap();
    let asking = tokio::spawn(async move {
        let identity = application.identity().await;
        (application, identity)
    });
    assert_eq!(handle.point(Side::Source).await.unwrap().closed, 0);
    let released = handle.release().await.unwrap();
    assert_eq!((released.side, released.already), (Side::Source, false));
    assert!(handle.release().await.unwrap().already);
    let (_application, after) = asking.await.unwrap();
    assert_eq!(before, after, "the same connection to the same server");
    let counters = handle.counters();
    assert_eq!(
        (counters.total.paused, counters.total.closed),
        (1, 0),
        "{counters:?}"
    );
    assert!(counters.total.held_ms.max > 0.0);
    assert!(counters.client_bytes > 0 && counters.server_bytes > 0);
}

async fn a_switch_moves_everyone_and_forwards_nothing_sent_in_the_pause(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let idle = ground.connect().await;
    let mut writing = ground.connect().await;
    assert_eq!(writing.side().await, "source");

    handle.hold(ample()).await.unwrap();
    handle.drain().await.unwrap();
    let written = tokio::spawn(async move { writing.run("INSERT INTO notes VALUES ('late')").await });
    let pointed = handle.point(Side::Target).await.unwrap();
    assert_eq!((pointed.already, pointed.closed), (false, 2));
    assert!(
        written.await.unwrap().is_err(),
        "nobody may be told that it was written"
    );
    let end = idle.end().await;
    if ground.engine() == Engine::Postgres {
        assert_eq!(end.code.as_deref(), Some("57P01"), "{end:?}");
    }
    assert_eq!(handle.where_now().await.unwrap().flow, Flow::Held);

    let released = handle.release().await.unwrap();
    assert_eq!(released.side, Side::Target);
    let mut again = ground.connect().await;
    assert_eq!(again.side().await, "target");
    again.run("INSERT INTO notes VALUES ('after')").await.unwrap();
    assert_eq!(ground.notes(Side::Source).await, Vec::<String>::new());
    assert_eq!(ground.notes(Side::Target).await, ["after"]);

    let released = handle.switch(Side::Target).await.unwrap();
    assert!(released.already);
    assert!(matches!(
        handle.switch(Side::Source).await,
        Err(SwitchError::Refused(Refusal::HoldEnded { .. }))
    ));
}

async fn new_connections_wait_and_reach_the_new_side(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    handle.hold(ample()).await.unwrap();
    assert_eq!(handle.drain().await.unwrap().paused, 0);
    let access = ground.access();
    let waiting = tokio::spawn(async move { access.connect().await.unwrap().side().await });
    let mut gives_up = tokio::net::TcpStream::connect(ground.address()).await.unwrap();
    if ground.engine() == Engine::Postgres {
        // A request for TLS, which a client of PostgreSQL's begins with.
        gives_up.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await.unwrap();
    }
    ground.until("two who wait", |status| status.waiting == 2).await;
    drop(gives_up);
    ground
        .until("one who gave up", |status| status.waiting == 1)
        .await;
    handle.switch(Side::Target).await.unwrap();
    assert_eq!(waiting.await.unwrap(), "target");
    let counters = handle.counters();
    assert_eq!(
        (counters.total.waited, counters.dial_failures),
        (1, 0),
        "{counters:?}"
    );
}

async fn a_server_that_cannot_be_reached_is_counted_and_said(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    ground.source.kill_hard().await.unwrap();
    let failure = ground.access().connect().await.err().unwrap();
    let code = match ground.engine() {
        Engine::Mysql => "1053",
        Engine::Postgres => "57P03",
    };
    assert_eq!(failure.code.as_deref(), Some(code), "{failure:?}");
    assert!(failure.text.contains("cannot be reached"), "{failure:?}");
    assert_eq!(ground.handle().counters().dial_failures, 1);
    ground.source.start().await.unwrap();
    assert_eq!(ground.connect().await.side().await, "source");
}
