//! People: approvals and their expiry, pause, resume, abort, from another process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{
    Answer, Ask, Conductor, Context, Evidence, Executor, Fault, FaultyStore, Inbox, ManualClock, Policy,
    Probe, RunStatus, Runbook, Settings, Step, StepError, StepPlan, Stop, Undo, Verdict, View, await_answer,
};

use crate::toy::{self, Table, options};

const HOUR: Duration = Duration::from_secs(3600);

/// Posts as another process would, through its own connection.
async fn post(table: &Table, ask: Ask, lifetime: Duration) -> u64 {
    let now = table.clock.now();
    table
        .store()
        .post(&ask, "bob", now, now + lifetime)
        .await
        .unwrap()
}

async fn answer(table: &Table, id: u64) -> Answer {
    let store = table.store();
    let clock = daybreak_runbook::SystemClock::new();
    await_answer(store.as_ref(), &clock, id, Duration::from_secs(20))
        .await
        .unwrap()
        .expect("it is answered")
}

fn approve(step: Option<&str>) -> Ask {
    Ask::Approve {
        step: step.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_gate_waits_and_a_later_start_finds_the_approval() {
    let table = Table::new().nobody_approves();
    let waiting = RunStatus::AwaitingApproval { step: "hold".into() };
    assert_eq!(table.run(toy::cutover(&table.world)).await.unwrap(), waiting);
    let id = post(&table, approve(None), HOUR).await;
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );
    assert!(answer(&table, id).await.accepted);

    let store = table.store();
    let view = View::load(store.as_ref(), store.as_ref(), &Conductor::this_process("x"))
        .await
        .unwrap();
    let approval = &view.runs[0].approvals[0];
    assert_eq!(
        (approval.step.as_str(), approval.by.as_str(), approval.used),
        ("hold", "bob", true)
    );
}

#[tokio::test]
async fn an_expired_approval_is_refused_when_judged_and_useless_when_it_expires_later() {
    let mut table = Table::new().nobody_approves();
    let clock = Arc::new(ManualClock::new("2027-01-01T00:00:00Z".parse().unwrap()));
    table.clock = clock.clone();
    let waiting = RunStatus::AwaitingApproval { step: "hold".into() };
    table.run(toy::cutover(&table.world)).await.unwrap();

    let id = post(&table, approve(Some("hold")), HOUR).await;
    clock.advance(HOUR);
    assert_eq!(table.run(toy::cutover(&table.world)).await.unwrap(), waiting);
    let said = answer(&table, id).await;
    assert!(
        !said.accepted && said.reason.starts_with("it expired at 2027-01-01T01:00:00"),
        "{said:?}"
    );

    // Accepted in time for a gate that is reached too late.
    let early = Table {
        clock: clock.clone(),
        ..Table::new().nobody_approves()
    };
    early.break_beat("act load", 1, None);
    let id = post(&early, approve(Some("hold")), HOUR).await;
    early.run(toy::cutover(&early.world)).await.unwrap();
    assert!(answer(&early, id).await.accepted);
    clock.advance(HOUR);
    assert_eq!(early.run(toy::cutover(&early.world)).await.unwrap(), waiting);
}

#[tokio::test]
async fn messages_that_make_no_sense_are_refused_with_the_reason() {
    let table = Table::new().nobody_approves();
    let asks = [
        (approve(None), "no step waits for approval"),
        (approve(Some("nowhere")), "this run has no step `nowhere`"),
        (approve(Some("load")), "step `load` needs no approval"),
        (Ask::Resume, "the run is not paused"),
        (
            Ask::Decline {
                step: Some("hold".into()),
                why: "no".into(),
            },
            "step `hold` does not wait for approval; pause the run instead",
        ),
    ];
    let mut ids = Vec::new();
    for (ask, reason) in asks {
        ids.push((post(&table, ask, HOUR).await, reason));
    }
    table.run(toy::cutover(&table.world)).await.unwrap();
    for (id, reason) in ids {
        let said = answer(&table, id).await;
        assert_eq!((said.accepted, said.reason.as_str()), (false, reason));
    }
}

#[tokio::test]
async fn a_declined_gate_pauses_the_run() {
    let table = Table::new().nobody_approves();
    table.run(toy::cutover(&table.world)).await.unwrap();
    post(
        &table,
        Ask::Decline {
            step: None,
            why: "not before lunch".into(),
        },
        HOUR,
    )
    .await;
    let paused = RunStatus::Paused {
        why: "bob declined: not before lunch".into(),
    };
    assert_eq!(table.run(toy::cutover(&table.world)).await.unwrap(), paused);

    // While a conductor waits at the gate, a decline counts.
    let mut table = Table::new().nobody_approves();
    table.settings.wait = true;
    let executor = Arc::new(table.executor(toy::cutover(&table.world)).await);
    let running = tokio::spawn({
        let executor = Arc::clone(&executor);
        async move { executor.run(&options()).await.unwrap() }
    });
    until_told(&table, "approval_asked hold").await;
    let id = post(
        &table,
        Ask::Decline {
            step: None,
            why: "not before lunch".into(),
        },
        HOUR,
    )
    .await;
    assert!(answer(&table, id).await.accepted);
    let id = post(&table, Ask::Resume, HOUR).await;
    assert!(answer(&table, id).await.accepted);
    let id = post(&table, approve(Some("hold")), HOUR).await;
    assert!(answer(&table, id).await.accepted);
    assert_eq!(running.await.unwrap(), RunStatus::Completed);
    assert!(table.told().await.contains(&"declined hold".to_owned()));
}

#[tokio::test]
async fn an_abort_undoes_and_one_that_was_promised_survives_a_kill() {
    let table = Table::new().nobody_approves();
    table.run(toy::cutover(&table.world)).await.unwrap();
    let id = post(
        &table,
        Ask::Abort {
            why: "wrong day".into(),
        },
        HOUR,
    )
    .await;
    // Answered in the journal, dead before the undo began.
    let store = Arc::new(FaultyStore::scripted(table.store(), [Some(Fault::LoseAnswer)]));
    let journal = table.journal(store).await;
    let executor = Executor::new(
        journal,
        toy::cutover(&table.world),
        table.store(),
        table.approver.clone(),
        table.settings.clone(),
    );
    executor.run(&options()).await.unwrap_err();
    executor.journal().close().await.unwrap();
    assert_eq!(table.told().await.last().unwrap(), "command_answered");

    let status = table.run(toy::cutover(&table.world)).await.unwrap();
    assert!(matches!(status, RunStatus::Aborted { .. }), "{status:?}");
    let said = answer(&table, id).await;
    assert!(said.accepted, "{said:?}");
    assert!(table.world.lock().unwrap().on.values().all(|on| !on));
}

/// A long step that gives way when asked.
struct Copies {
    plan: StepPlan,
    table: toy::Shared,
}

#[async_trait]
impl Step for Copies {
    fn plan(&self) -> StepPlan {
        self.plan.clone()
    }

    async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
        Ok(Probe::Partly("half the rows are there".into()))
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        if cx.attempt() > 1 {
            return Ok(Evidence::none());
        }
        self.table.lock().unwrap().log.push("copying".into());
        let stop = cx.stop_requested().await;
        self.table
            .lock()
            .unwrap()
            .log
            .push(format!("asked to stop: {stop:?}"));
        assert_eq!(cx.stop(), stop);
        Err(StepError::stopped())
    }

    async fn verify(&self, _: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }

    async fn undo(&self, cx: &Context) -> Result<Evidence, StepError> {
        assert_eq!(cx.stop(), Stop::No, "an undo is never asked to stop");
        self.table.lock().unwrap().log.push("dropped".into());
        Ok(Evidence::none())
    }
}

fn copying(table: &Table) -> Runbook {
    let undo = Undo::By(vec!["DROP TABLE copied".into()]);
    let plan = StepPlan {
        undo,
        deadline: Duration::from_secs(60),
        ..StepPlan::new("load.copy", "D2", "Copies rows")
    };
    Runbook::builder("migrate")
        .step(Copies {
            plan,
            table: table.world.clone(),
        })
        .build()
        .unwrap()
}

async fn until_told(table: &Table, line: &str) {
    let limit = std::time::Instant::now() + Duration::from_secs(20);
    while !table.told().await.iter().any(|told| told == line) {
        assert!(std::time::Instant::now() < limit, "never told: {line}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_running_step_is_paused_and_goes_on_where_it_was() {
    let mut table = Table::new();
    table.settings = Settings {
        wait: true,
        ..table.settings
    };
    let executor = table.executor(copying(&table)).await;
    let running = tokio::spawn(async move { executor.run(&options()).await.unwrap() });
    until_told(&table, "step_intended load.copy").await;
    let id = post(
        &table,
        Ask::Pause {
            why: "the source is slow".into(),
        },
        HOUR,
    )
    .await;
    assert_eq!(
        answer(&table, id).await.reason,
        "the run pauses before the next step"
    );
    until_told(&table, "run_paused").await;
    post(&table, Ask::Resume, HOUR).await;
    assert_eq!(running.await.unwrap(), RunStatus::Completed);
    assert_eq!(table.log(), ["copying", "asked to stop: Pause"]);
    let told = table.told().await;
    assert_eq!(
        told[2..],
        [
            "command_answered",
            "run_paused",
            "command_answered",
            "run_resumed",
            "step_intended load.copy",
            "step_done load.copy",
            "run_completed"
        ]
    );
}

#[tokio::test]
async fn a_running_step_is_aborted_and_undone() {
    let table = Table::new();
    let executor = table.executor(copying(&table)).await;
    let running = tokio::spawn(async move { executor.run(&options()).await.unwrap() });
    until_told(&table, "step_intended load.copy").await;
    let id = post(
        &table,
        Ask::Abort {
            why: "wrong server".into(),
        },
        HOUR,
    )
    .await;
    assert!(answer(&table, id).await.accepted);
    assert_eq!(
        running.await.unwrap(),
        RunStatus::Aborted {
            why: "wrong server".into()
        }
    );
    assert_eq!(table.log(), ["copying", "asked to stop: Abort", "dropped"]);
    assert_eq!(
        table.told().await[2..],
        [
            "command_answered",
            "undo_started",
            "undo_intended load.copy",
            "undo_done load.copy",
            "run_aborted"
        ]
    );
}

/// Runs until the test lets it go on; acts once.
struct Held {
    plan: StepPlan,
    release: Arc<tokio::sync::Notify>,
}

#[async_trait]
impl Step for Held {
    fn plan(&self) -> StepPlan {
        self.plan.clone()
    }

    async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _: &Context) -> Result<Evidence, StepError> {
        self.release.notified().await;
        Ok(Evidence::none())
    }

    async fn verify(&self, _: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

#[tokio::test]
async fn a_span_is_never_left_half_way_by_a_pause_and_an_abort_comes_too_late_after_the_point() {
    let table = Table::new();
    let release = Arc::new(tokio::sync::Notify::new());
    let mut plan = toy::plan("promote");
    plan.point_of_no_return = true;
    let point = Held {
        plan,
        release: Arc::clone(&release),
    };
    let runbook = Runbook::builder("cutover")
        .span(
            "switch",
            daybreak_runbook::OnFailure::Undo,
            vec![Arc::new(toy::switch(&table.world, "fence")), Arc::new(point)],
        )
        .step(toy::switch(&table.world, "open"))
        .build()
        .unwrap();
    let executor = table.executor(runbook).await;
    let running = tokio::spawn(async move { executor.run(&options()).await.unwrap() });
    until_told(&table, "step_intended promote").await;
    let pause = post(&table, Ask::Pause { why: "lunch".into() }, HOUR).await;
    let abort = post(&table, Ask::Abort { why: "panic".into() }, HOUR).await;
    let said = answer(&table, pause).await;
    assert_eq!(
        (said.accepted, said.reason.as_str()),
        (
            true,
            "the run pauses after span `switch`, which is never left half-way"
        )
    );
    let said = answer(&table, abort).await;
    assert!(
        !said.accepted
            && said
                .reason
                .contains("point of no return, step `promote`, is passed"),
        "{said:?}"
    );
    release.notify_one();
    assert_eq!(running.await.unwrap(), RunStatus::Paused { why: "lunch".into() });
    assert!(
        table
            .told()
            .await
            .ends_with(&["step_done promote".into(), "run_paused".into()])
    );
}

#[tokio::test]
async fn a_policy_approves_in_its_name() {
    let mut table = Table::new();
    table.approver = Arc::new(Policy::new("policy: --yes given by alice"));
    table.run(toy::cutover(&table.world)).await.unwrap();
    let store = table.store();
    let view = View::load(store.as_ref(), store.as_ref(), &Conductor::this_process("x"))
        .await
        .unwrap();
    assert_eq!(view.runs[0].approvals[0].by, "policy: --yes given by alice");
}
