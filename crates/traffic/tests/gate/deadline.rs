//! Nobody is held longer than the deadline, whatever the caller of the hold does or does not do.

use std::time::{Duration, Instant};

use daybreak_sandbox::ServerKind;
use daybreak_traffic::{Flow, HoldEnd, HoldLimits, Refusal, Side, Stragglers, SwitchError, TrafficSwitch};

use crate::for_both_engines;
use crate::ground::Ground;

for_both_engines!(
    the_deadline_releases_where_the_source_may_be_written,
    the_deadline_moves_where_the_target_may_be_written,
    whoever_points_at_a_side_keeps_the_deadline_from_leaving_it,
    without_a_writable_side_nobody_is_held_and_the_gate_keeps_asking,
    servers_that_do_not_answer_hold_nobody_longer,
    a_gate_that_starts_again_asks_the_servers_then_its_file,
);

const DEADLINE: Duration = Duration::from_millis(600);

fn short() -> HoldLimits {
    HoldLimits {
        deadline: DEADLINE,
        drain: DEADLINE / 2,
        stragglers: Stragglers::Close,
    }
}

async fn the_deadline_releases_where_the_source_may_be_written(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let mut application = ground.connect().await;
    let before = application.identity().await;
    handle.hold(short()).await.unwrap();
    // From here on nobody commands.
    assert_eq!(application.identity().await, before);
    let refused = handle.point(Side::Target).await.unwrap_err();
    let end = HoldEnd::Deadline { side: Side::Source };
    assert!(
        matches!(&refused, SwitchError::Refused(Refusal::HoldEnded { end: e }) if *e == end),
        "{refused:?}"
    );
    assert!(handle.release().await.unwrap().already);
    let held = handle.counters().total.held_ms.max;
    assert!(
        held <= DEADLINE.as_secs_f64() * 1000.0 * 1.4,
        "held for {held} ms"
    );
}

async fn the_deadline_moves_where_the_target_may_be_written(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let paused = ground.connect().await;
    handle.hold(short()).await.unwrap();
    handle.drain().await.unwrap();
    ground.writer.set(Some(Side::Target));
    assert_eq!(ground.connect().await.side().await, "target");
    paused.end().await;
    assert_eq!(handle.where_now().await.unwrap().side, Side::Target);
    assert_eq!(handle.counters().total.closed, 1);
}

async fn whoever_points_at_a_side_keeps_the_deadline_from_leaving_it(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    handle.hold(short()).await.unwrap();
    handle.drain().await.unwrap();
    assert!(handle.point(Side::Source).await.unwrap().already);
    // As when the other side is open for a moment while a cut-over is taken back.
    ground.writer.set(Some(Side::Target));
    tokio::time::sleep(DEADLINE * 2).await;
    let now = handle.where_now().await.unwrap();
    assert_eq!((now.side, now.flow), (Side::Source, Flow::Seeking));
    ground.writer.set(Some(Side::Source));
    assert_eq!(ground.connect().await.side().await, "source");
    // The next hold is free again.
    handle.hold(short()).await.unwrap();
    handle.drain().await.unwrap();
    ground.writer.set(Some(Side::Target));
    assert_eq!(ground.connect().await.side().await, "target");
}

async fn without_a_writable_side_nobody_is_held_and_the_gate_keeps_asking(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let paused = ground.connect().await;
    handle.hold(short()).await.unwrap();
    ground.writer.set(None);
    paused.end().await;
    assert_eq!(handle.where_now().await.unwrap().flow, Flow::Seeking);
    assert!(matches!(
        handle.release().await,
        Err(SwitchError::Refused(Refusal::NoWritableSide))
    ));
    assert!(matches!(
        handle.drain().await,
        Err(SwitchError::Refused(Refusal::HoldEnded {
            end: HoldEnd::Nowhere
        }))
    ));

    // A new client waits no longer than the deadline either, and is told.
    let began = Instant::now();
    let refused = ground.access().connect().await.err().unwrap();
    assert!(began.elapsed() >= DEADLINE, "{refused:?}");
    assert!(refused.text.contains("takes no writes"), "{refused:?}");
    assert!(ground.writer.asked() > 2);

    let access = ground.access();
    let waiting = tokio::spawn(async move { access.connect().await.unwrap().side().await });
    ground.until("one who waits", |status| status.waiting == 1).await;
    ground.writer.set(Some(Side::Target));
    assert_eq!(waiting.await.unwrap(), "target");
    let counters = handle.counters();
    assert_eq!((counters.refused, counters.total.closed), (1, 1), "{counters:?}");
    let held = counters.total.held_ms.max;
    assert!(
        held <= DEADLINE.as_secs_f64() * 1000.0 * 1.4,
        "held for {held} ms"
    );
}

async fn servers_that_do_not_answer_hold_nobody_longer(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    let paused = ground.connect().await;
    handle.hold(short()).await.unwrap();
    ground.writer.hang();
    paused.end().await;
    let held = handle.counters().total.held_ms.max;
    assert!(
        held <= DEADLINE.as_secs_f64() * 1000.0 * 1.4,
        "held for {held} ms"
    );
    assert_eq!(handle.where_now().await.unwrap().flow, Flow::Seeking);
    // The next hold takes over from the search, and its caller decides.
    assert!(!handle.hold(short()).await.unwrap().already);
    handle.drain().await.unwrap();
    assert_eq!(handle.switch(Side::Target).await.unwrap().side, Side::Target);
    assert_eq!(ground.connect().await.side().await, "target");
}

async fn a_gate_that_starts_again_asks_the_servers_then_its_file(kind: ServerKind) {
    let Some(mut ground) = Ground::new(kind).await else {
        return;
    };
    let handle = ground.handle();
    handle.hold(short()).await.unwrap();
    handle.drain().await.unwrap();
    handle.switch(Side::Target).await.unwrap();

    // The servers are asked first.
    ground.start_gate(true).await;
    assert_eq!(ground.connect().await.side().await, "source");
    // A writer view that fails leaves it to the file.
    ground.writer.fail();
    ground.start_gate(true).await;
    assert_eq!(ground.connect().await.side().await, "target");
    // If no side may be written, a gate that starts lets nobody in until one may.
    ground.writer.set(None);
    ground.start_gate(true).await;
    assert_eq!(ground.handle().where_now().await.unwrap().flow, Flow::Seeking);
    let access = ground.access();
    let waiting = tokio::spawn(async move { access.connect().await.unwrap().side().await });
    ground.until("one who waits", |status| status.waiting == 1).await;
    ground.handle().switch(Side::Source).await.unwrap();
    assert_eq!(waiting.await.unwrap(), "source");
}
