//! What every traffic switch must do, whatever it drives. A new driver gets all of it by naming itself.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_sandbox::ServerKind;
use daybreak_traffic::{
    Flow, GateClient, HoldEnd, HoldLimits, Refusal, Side, Stragglers, SwitchError, TrafficSwitch,
};
use tokio::time::timeout;

use crate::application::{Access, Application};
use crate::for_both_engines;
use crate::ground::{Ground, PATIENCE, ample};

/// A switch that leads to the source, and what the suite needs to look at it from outside.
#[async_trait]
pub(crate) trait Bench: Send + Sync {
    /// The switch as a new caller gets it: the suite throws callers away as if they had died.
    async fn caller(&self) -> Box<dyn TrafficSwitch>;
    /// How applications reach the databases through it.
    fn access(&self) -> Access;
    /// From now on the servers say that this side may be written.
    fn writable(&self, side: Side);
    /// What a side's `notes` hold.
    async fn notes(&self, side: Side) -> Vec<String>;
}

/// The whole suite. It leaves the switch open on the source.
pub(crate) async fn conforms(bench: &dyn Bench) {
    without_a_hold_nothing_moves(bench).await;
    everything_may_be_said_twice(bench).await;
    limits_that_contradict_each_other_are_refused(bench).await;
    a_release_without_a_move_changes_nothing(bench).await;
    a_drain_waits_for_the_transaction_and_a_move_brings_everyone_over(bench).await;
    stragglers_can_fail_the_hold(bench).await;
    a_caller_that_dies_leaves_the_hold_to_its_deadline(bench).await;
    let caller = bench.caller().await;
    let last = caller.where_now().await.unwrap();
    assert_eq!((last.side, last.flow), (Side::Source, Flow::Open));
}

async fn side_of(bench: &dyn Bench) -> String {
    bench.access().connect().await.unwrap().side().await
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, SwitchError>) -> Refusal {
    match outcome {
        Err(SwitchError::Refused(refusal)) => {
            assert!(!refusal.hint().is_empty());
            refusal
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

async fn without_a_hold_nothing_moves(bench: &dyn Bench) {
    let caller = bench.caller().await;
    let place = caller.where_now().await.unwrap();
    assert_eq!((place.side, place.flow), (Side::Source, Flow::Open));
    assert_eq!(refusal(caller.point(Side::Target).await), Refusal::NotHeld);
    assert_eq!(refusal(caller.drain().await), Refusal::NotHeld);
    assert!(caller.point(Side::Source).await.unwrap().already);
    assert!(caller.release().await.unwrap().already);
    assert_eq!(side_of(bench).await, "source");
}

async fn everything_may_be_said_twice(bench: &dyn Bench) {
    let first = bench.caller().await.hold(ample()).await.unwrap();
    let second = bench.caller().await.hold(ample()).await.unwrap();
    assert_eq!(
        (first.already, second.already, second.hold),
        (false, true, first.hold)
    );
    let drained = bench.caller().await.drain().await.unwrap();
    assert_eq!(bench.caller().await.drain().await.unwrap(), drained);
    for (side, already) in [(Side::Target, false), (Side::Target, true), (Side::Source, false)] {
        assert_eq!(bench.caller().await.point(side).await.unwrap().already, already);
    }
    let place = bench.caller().await.where_now().await.unwrap();
    assert_eq!((place.side, place.flow), (Side::Source, Flow::Held));
    assert!(!bench.caller().await.release().await.unwrap().already);
    assert!(bench.caller().await.release().await.unwrap().already);
    let released = HoldEnd::Released { side: Side::Source };
    assert_eq!(
        refusal(bench.caller().await.drain().await),
        Refusal::HoldEnded { end: released }
    );
}

async fn limits_that_contradict_each_other_are_refused(bench: &dyn Bench) {
    let limits = HoldLimits {
        drain: PATIENCE,
        ..ample()
    };
    assert!(matches!(
        refusal(bench.caller().await.hold(limits).await),
        Refusal::BadLimits { .. }
    ));
    assert_eq!(side_of(bench).await, "source");
}

async fn a_release_without_a_move_changes_nothing(bench: &dyn Bench) {
    let caller = bench.caller().await;
    let mut application = bench.access().connect().await.unwrap();
    let before = application.identity().await;
    caller.hold(ample()).await.unwrap();
    caller.drain().await.unwrap();
    let asking = tokio::spawn(async move { application.identity().await });
    caller.release().await.unwrap();
    assert_eq!(asking.await.unwrap(), before);
}

async fn begin(bench: &dyn Bench, note: &str) -> Application {
    let mut application = bench.access().connect().await.unwrap();
    application.run("BEGIN").await.unwrap();
    application
        .run(&format!("INSERT INTO notes VALUES ('{note}')"))
        .await
        .unwrap();
    application
}

async fn a_drain_waits_for_the_transaction_and_a_move_brings_everyone_over(bench: &dyn Bench) {
    let mut application = begin(bench, "in flight").await;
    let caller = bench.caller().await;
    caller.hold(ample()).await.unwrap();
    assert!(matches!(
        refusal(caller.point(Side::Target).await),
        Refusal::NotDrained { unsettled: 1 }
    ));
    let draining = tokio::spawn(async move { caller.drain().await });
    application.run("COMMIT").await.unwrap();
    assert_eq!(draining.await.unwrap().unwrap().killed, []);
    assert_eq!(bench.notes(Side::Source).await, ["in flight"]);

    let access = bench.access();
    let waiting = tokio::spawn(async move { access.connect().await.unwrap().side().await });
    let caller = bench.caller().await;
    caller.point(Side::Target).await.unwrap();
    caller.release().await.unwrap();
    assert_eq!(waiting.await.unwrap(), "target");
    assert!(
        application.run("SELECT 1").await.is_err(),
        "the old connection is gone"
    );

    caller.hold(ample()).await.unwrap();
    caller.drain().await.unwrap();
    caller.point(Side::Source).await.unwrap();
    assert_eq!(caller.release().await.unwrap().side, Side::Source);
    assert_eq!(side_of(bench).await, "source");
}

async fn stragglers_can_fail_the_hold(bench: &dyn Bench) {
    let mut application = begin(bench, "slow").await;
    let caller = bench.caller().await;
    let drain = Duration::from_millis(50);
    caller
        .hold(HoldLimits {
            drain,
            stragglers: Stragglers::Abort,
            ..ample()
        })
        .await
        .unwrap();
    let refused = refusal(caller.drain().await);
    assert!(
        matches!(&refused, Refusal::HoldEnded { end: HoldEnd::Stragglers { stragglers } } if stragglers.len() == 1),
        "{refused:?}"
    );
    application.run("COMMIT").await.unwrap();
    assert_eq!(bench.notes(Side::Source).await, ["in flight", "slow"]);
}

async fn a_caller_that_dies_leaves_the_hold_to_its_deadline(bench: &dyn Bench) {
    let brief = HoldLimits {
        deadline: Duration::from_millis(500),
        drain: Duration::from_millis(200),
        stragglers: Stragglers::Close,
    };
    for side in [Side::Source, Side::Target, Side::Source] {
        bench.writable(side);
        bench.caller().await.hold(brief).await.unwrap();
        let end = refusal(timeout(PATIENCE, ends(bench)).await.unwrap());
        assert_eq!(
            end,
            Refusal::HoldEnded {
                end: HoldEnd::Deadline { side }
            }
        );
        assert_eq!(side_of(bench).await, side.to_string());
    }
}

/// Waits until no hold is on, without touching it.
async fn ends(bench: &dyn Bench) -> Result<(), SwitchError> {
    loop {
        let caller = bench.caller().await;
        if caller.where_now().await?.flow == Flow::Open {
            return caller.drain().await.map(|_| ());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The built-in gate, told what to do from within its own process or over its control socket.
struct GateBench {
    ground: Ground,
    socket: Option<PathBuf>,
    access: Access,
}

#[async_trait]
impl Bench for GateBench {
    async fn caller(&self) -> Box<dyn TrafficSwitch> {
        match &self.socket {
            Some(socket) => Box::new(GateClient::connect(socket).await.unwrap()),
            None => Box::new(self.ground.handle()),
        }
    }

    fn access(&self) -> Access {
        self.access.clone()
    }

    fn writable(&self, side: Side) {
        self.ground.writer.set(Some(side));
    }

    async fn notes(&self, side: Side) -> Vec<String> {
        self.ground.notes(side).await
    }
}

for_both_engines!(the_gate_in_this_process, the_gate_over_its_control_socket);

async fn the_gate_in_this_process(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let access = ground.access();
    conforms(&GateBench {
        ground,
        socket: None,
        access,
    })
    .await;
}

async fn the_gate_over_its_control_socket(kind: ServerKind) {
    let Some(mut ground) = Ground::new(kind).await else {
        return;
    };
    let access = ground.access();
    let socket = ground.path("gate.socket");
    let serving = crate::control::serve_gate(&mut ground, &socket).await;
    let bench = GateBench {
        ground,
        socket: Some(socket),
        access,
    };
    conforms(&bench).await;
    serving.stop().await;
}
