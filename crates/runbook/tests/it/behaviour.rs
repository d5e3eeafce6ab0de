//! What a run does: order, failure, undo, stuck, the point of no return.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{
    BadRunbook, Conductor, Context, Evidence, ExecuteError, OnFailure, Probe, Retry, RunOptions, RunStatus,
    Runbook, Step, StepError, StepPlan, StepStatus, Stuck, Undo, Verdict, View,
};

use crate::toy::{self, Switch, Table, options};

fn failed(step: &str, why: &str) -> RunStatus {
    RunStatus::Failed {
        step: step.into(),
        why: why.into(),
    }
}

#[tokio::test]
async fn intent_comes_before_the_act_and_the_outcome_after_it() {
    let table = Table::new();
    let mut events = table.events.subscribe();
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );
    let told = [
        "run_started",
        "step_intended prepare",
        "step_done prepare",
        "step_intended load",
        "step_noted load",
        "step_done load",
        "approval_asked hold",
        "approved hold",
        "step_intended hold",
        "step_done hold",
        "step_intended fence",
        "step_done fence",
        "step_intended promote",
        "step_done promote",
        "step_intended open",
        "step_done open",
        "run_completed",
    ];
    assert_eq!(table.told().await, told);
    let log = [
        "+prepare.half",
        "+prepare",
        "+load.half",
        "+load",
        "+hold.half",
        "+hold",
        "+fence.half",
        "+fence",
    ];
    assert_eq!(table.log()[..8], log);

    // The stream told the same, in the same order, numbered without gaps, in one flat form.
    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        let event = serde_json::to_value(&event).unwrap();
        assert_eq!(event["number"], heard.len() + 1);
        heard.push(event);
    }
    let kinds = heard
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .filter(|kind| *kind != "waiting");
    let told = told.map(|line| line.split(' ').next().unwrap());
    assert!(kinds.eq(told), "{heard:#?}");
}

#[tokio::test]
async fn what_was_so_already_is_left_alone_also_by_an_undo() {
    let table = Table::new();
    table
        .world
        .lock()
        .unwrap()
        .on
        .extend([("prepare".into(), true), ("prepare.half".into(), true)]);
    table.break_beat("act load", 1, None);
    let executor = table.executor(toy::cutover(&table.world)).await;
    assert_eq!(
        executor.run(&options()).await.unwrap(),
        failed("load", "act is broken")
    );
    executor.abort("alice", "enough").await.unwrap();
    assert_eq!(
        table.told().await[1..],
        [
            "step_already_so prepare",
            "step_intended load",
            "step_failed load",
            "run_failed load",
            "undo_started",
            "undo_intended load",
            "undo_done load",
            "run_aborted",
        ]
    );
    assert!(table.world.lock().unwrap().on["prepare"]);
}

#[tokio::test]
async fn a_failed_span_takes_itself_back_and_can_be_tried_again() {
    let table = Table::new();
    table.break_beat("verify fence", 1, None);
    let status = table.run(toy::cutover(&table.world)).await.unwrap();
    assert_eq!(status, failed("fence", "verify is broken"));
    assert_eq!(
        table.told().await[8..],
        [
            "step_intended hold",
            "step_done hold",
            "step_intended fence",
            "step_failed fence",
            "undo_started",
            "undo_intended fence",
            "undo_done fence",
            "undo_intended hold",
            "undo_done hold",
            "run_failed fence",
        ]
    );
    let world = table.world.lock().unwrap().on.clone();
    assert!(
        world["load"] && !world["hold"] && !world["fence"],
        "what came before the span stays"
    );
    // A second try needs a second approval: the first was used up.
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );
    let asked = table
        .told()
        .await
        .iter()
        .filter(|line| *line == "approval_asked hold")
        .count();
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn an_undo_that_fails_leaves_the_run_stuck_and_says_what_was_left() {
    let table = Table::new();
    table.break_beat(
        "act promote",
        99,
        Some(StepError::new("the target is gone").with_hint("look at the target")),
    );
    table.break_beat("undo fence", 1, None);
    let stuck = Stuck {
        failed: Some("promote".into()),
        undo: "fence".into(),
        why: "undo is broken".into(),
        abandoned: vec!["hold".into()],
    };
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Stuck(stuck.clone())
    );

    let executor = table.executor(toy::cutover(&table.world)).await;
    let refused = executor.run(&options()).await.unwrap_err();
    assert!(
        matches!(&refused, ExecuteError::Stuck { stuck: s, .. } if **s == stuck),
        "{refused:?}"
    );
    assert!(refused.hint().contains("abort"));
    // Mended by hand, an abort takes everything back.
    let status = executor.abort("alice", "mended").await.unwrap();
    assert_eq!(status, RunStatus::Aborted { why: "mended".into() });
    assert!(table.world.lock().unwrap().on.values().all(|on| !on));
}

#[tokio::test]
async fn after_the_point_of_no_return_there_is_only_forward() {
    let table = Table::new();
    table.break_beat("verify promote", 1, None);
    let executor = table.executor(toy::cutover(&table.world)).await;
    // It acted, so it may have been seen: the span is not undone.
    assert_eq!(
        executor.run(&options()).await.unwrap(),
        failed("promote", "verify is broken")
    );
    assert!(table.world.lock().unwrap().on["fence"]);
    for refused in [
        executor.abort("alice", "no").await,
        executor.rollback("alice", "no").await,
    ] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, ExecuteError::PastPointOfNoReturn { step, .. } if step == "promote"),
            "{refused:?}"
        );
        assert!(refused.hint().contains("failback"));
    }
    assert_eq!(executor.run(&options()).await.unwrap(), RunStatus::Completed);
    // What was found done was not done again.
    assert_eq!(table.log().iter().filter(|line| *line == "+promote").count(), 1);
    assert!(matches!(
        executor.rollback("alice", "no").await,
        Err(ExecuteError::PastPointOfNoReturn { .. })
    ));
}

#[tokio::test]
async fn a_point_of_no_return_that_provably_did_not_happen_is_not_passed() {
    let table = Table::new();
    table.break_beat("act promote", 1, None);
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        failed("promote", "act is broken")
    );
    assert!(!table.world.lock().unwrap().on["hold"], "the span was undone");

    // Where the probe cannot tell, it counts as passed.
    let table = Table::new();
    table.break_beat("act promote", 1, None);
    table.break_beat("probe promote", 99, None);
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        failed("promote", "act is broken")
    );
    assert!(table.world.lock().unwrap().on["hold"], "the span was not undone");
}

#[tokio::test]
async fn a_beat_is_tried_again_where_that_helps_and_only_as_often_as_allowed() {
    let table = Table::new();
    let again = |retry| Some(StepError::new("deadlock").with_retry(retry));
    table.break_beat("act load", 2, again(Retry::Now));
    table.break_beat("verify load", 1, again(Retry::After(Duration::from_millis(1))));
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );
    assert_eq!(
        table
            .told()
            .await
            .iter()
            .filter(|line| *line == "step_retried load")
            .count(),
        3
    );

    let table = Table::new();
    table.break_beat("act load", 3, again(Retry::Now));
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        failed("load", "deadlock")
    );

    let table = Table::new();
    table.break_beat("act load", 1, again(Retry::After(Duration::from_secs(3600))));
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        failed("load", "deadlock"),
        "past the deadline"
    );
}

#[tokio::test]
async fn a_step_that_cannot_be_done_fails_without_being_started() {
    struct Cannot;
    #[async_trait]
    impl Step for Cannot {
        fn plan(&self) -> StepPlan {
            StepPlan::new("gtid", "P7", "Turns GTID on")
        }
        async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
            Ok(Probe::Impossible("MySQL 5.5 has no GTID".into()))
        }
        async fn act(&self, _: &Context) -> Result<Evidence, StepError> {
            panic!("must not act");
        }
        async fn verify(&self, _: &Context) -> Result<Verdict, StepError> {
            panic!("must not verify");
        }
    }
    let table = Table::new();
    let runbook = Runbook::builder("migrate").step(Cannot).build().unwrap();
    assert_eq!(
        table.run(runbook).await.unwrap(),
        failed("gtid", "MySQL 5.5 has no GTID")
    );
    assert_eq!(table.told().await[1..], ["step_failed gtid", "run_failed gtid"]);
}

#[tokio::test]
async fn a_step_that_does_not_end_is_dropped_at_its_deadline() {
    struct Hangs;
    #[async_trait]
    impl Step for Hangs {
        fn plan(&self) -> StepPlan {
            StepPlan {
                deadline: Duration::from_millis(30),
                ..StepPlan::new("wait", "F5", "Waits for ever")
            }
        }
        async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
            Ok(Probe::NotDone)
        }
        async fn act(&self, _: &Context) -> Result<Evidence, StepError> {
            std::future::pending().await
        }
        async fn verify(&self, _: &Context) -> Result<Verdict, StepError> {
            panic!("must not verify");
        }
    }
    let table = Table::new();
    let runbook = Runbook::builder("migrate").step(Hangs).build().unwrap();
    let status = table.run(runbook).await.unwrap();
    assert_eq!(
        status,
        failed("wait", "act did not finish within the step's deadline of 30ms")
    );
}

#[tokio::test]
async fn a_rollback_takes_back_a_complete_run_and_keeps_what_is_irreversible() {
    let table = Table::new();
    let runbook = || {
        let mut kept = toy::switch(&table.world, "upgrade");
        kept.plan.undo = Undo::Irreversible("a server is never downgraded".into());
        let mut checks = toy::switch(&table.world, "check");
        checks.plan.undo = Undo::Nothing;
        let load = toy::switch(&table.world, "load");
        Runbook::builder("migrate")
            .step(kept)
            .step(checks)
            .step(load)
            .build()
            .unwrap()
    };
    table.run(runbook()).await.unwrap();
    let executor = table.executor(runbook()).await;
    let status = executor.rollback("alice", "postponed").await.unwrap();
    assert_eq!(
        status,
        RunStatus::RolledBack {
            why: "postponed".into()
        }
    );
    let run = executor.journal().look(|history| history.runs()[0].clone()).await;
    let statuses = run
        .status
        .steps
        .iter()
        .map(|step| step.status)
        .collect::<Vec<_>>();
    assert_eq!(
        statuses,
        [StepStatus::Done, StepStatus::Undone, StepStatus::Undone]
    );
    assert_eq!(
        run.steps[0].remark.as_deref(),
        Some("a server is never downgraded")
    );
    assert!(table.log().ends_with(&["-load".into(), "-load.half".into()]));
    assert!(matches!(
        executor.rollback("alice", "again").await,
        Err(ExecuteError::NothingToUndo { .. })
    ));
}

#[tokio::test]
async fn plays_follow_each_other_and_failing_back_makes_the_first_one_reversible_again() {
    let table = Table::new();
    let play = |name: &str, takes_back: Option<&str>| {
        let mut last = toy::switch(&table.world, &format!("{name}.point"));
        last.plan.point_of_no_return = name != "migrate";
        let builder = Runbook::builder(name)
            .step(toy::switch(&table.world, &format!("{name}.step")))
            .step(last);
        match takes_back {
            Some(play) => builder.takes_back(play),
            None => builder,
        }
        .build()
        .unwrap()
    };
    // Each move takes back the other, as a migration's do.
    let out = || play("cutover", Some("failback"));
    let home = || play("failback", Some("cutover"));
    let refused = async |run: u64| {
        let executor = table.executor(play("migrate", None)).await;
        let refused = executor.rollback("alice", "no").await.unwrap_err();
        assert!(
            matches!(&refused, ExecuteError::PastPointOfNoReturn { run: stands, .. } if stands.0 == run),
            "{refused:?}"
        );
        executor.journal().close().await.unwrap();
    };
    for play in [play("migrate", None), out()] {
        assert_eq!(table.run(play).await.unwrap(), RunStatus::Completed);
    }
    refused(2).await;
    table.run(home()).await.unwrap();
    // Rehearsed again and again: the world is as it was, and a new run does it anew.
    let forget = |names: &[&str]| {
        for name in names {
            table.world.lock().unwrap().on.remove(*name);
        }
    };
    forget(&["cutover.step", "cutover.point"]);
    table.run(out()).await.unwrap();
    refused(4).await;
    forget(&["failback.step", "failback.point"]);
    table.run(home()).await.unwrap();

    let store = table.store();
    let view = View::load(store.as_ref(), store.as_ref(), &Conductor::this_process("bob"))
        .await
        .unwrap();
    let plays = view.runs.iter().map(|run| run.play.as_str()).collect::<Vec<_>>();
    assert_eq!(plays, ["migrate", "cutover", "failback", "cutover", "failback"]);
    let planned = view.plan(&out());
    assert_eq!(
        planned
            .iter()
            .map(|step| step.took_before_seconds.len())
            .collect::<Vec<_>>(),
        [2, 2]
    );

    let executor = table.executor(play("migrate", None)).await;
    assert!(matches!(
        executor.rollback("alice", "never mind").await.unwrap(),
        RunStatus::RolledBack { .. }
    ));
}

/// Whatever a run works on may pass its point of no return by itself, while its conductor is dead: a gate whose hold has ended sends
/// applications to the side that it finds open.
#[tokio::test]
async fn what_passed_its_point_while_nobody_conducted_only_goes_forward() {
    let passes = |table: &Table| {
        for switch in ["promote", "promote.half"] {
            table.world.lock().unwrap().on.insert(switch.to_owned(), true);
        }
    };
    let taken_back = |table: &Table| table.log().iter().any(|change| change.starts_with('-'));
    let only_goes_forward = async |table: &Table| {
        let executor = table.executor(toy::cutover(&table.world)).await;
        assert!(matches!(
            executor.abort("alice", "no").await,
            Err(ExecuteError::PastPointOfNoReturn { .. })
        ));
        executor.journal().close().await.unwrap();
        let status = table.run(toy::cutover(&table.world)).await.unwrap();
        assert_eq!(status, RunStatus::Completed);
        assert!(!taken_back(table), "{:?}", table.log());
    };

    // Found when the step before it fails.
    let table = Table::new();
    table.break_beat("verify fence", 1, None);
    passes(&table);
    let status = table.run(toy::cutover(&table.world)).await.unwrap();
    assert!(
        matches!(&status, RunStatus::Failed { step, .. } if step == "fence"),
        "{status:?}"
    );
    assert!(!taken_back(&table), "{:?}", table.log());
    assert!(table.told().await.contains(&"point_passed promote".to_owned()));
    only_goes_forward(&table).await;

    // Found when somebody wants it taken back, and when it is stuck in that: it is not any more.
    let table = Table::new();
    table.break_beat("verify fence", 1, None);
    table.break_beat("undo fence", 99, None);
    let status = table.run(toy::cutover(&table.world)).await.unwrap();
    assert!(matches!(status, RunStatus::Stuck(_)), "{status:?}");
    assert!(matches!(
        table.run(toy::cutover(&table.world)).await,
        Err(ExecuteError::Stuck { .. })
    ));
    passes(&table);
    only_goes_forward(&table).await;
}

#[tokio::test]
async fn an_open_run_is_gone_on_with_only_by_its_own_play_and_steps() {
    let table = Table::new();
    table.break_beat("act load", 1, None);
    table.run(toy::cutover(&table.world)).await.unwrap();

    let other = Runbook::builder("failback")
        .step(toy::switch(&table.world, "prepare"))
        .build()
        .unwrap();
    assert!(matches!(
        table.run(other).await,
        Err(ExecuteError::OtherRunOpen { .. })
    ));
    let changed = Runbook::builder("cutover")
        .step(toy::switch(&table.world, "prepare"))
        .build()
        .unwrap();
    let refused = table.run(changed).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "run 1 of `cutover` was started with other steps: its step 2 was `load`, now it is nothing, or differs in its \
         gate or span"
    );
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );
}

#[tokio::test]
async fn a_run_goes_as_far_as_asked_and_without_what_is_to_be_skipped() {
    let table = Table::new();
    let skip = [("prepare".to_owned(), "done by hand".to_owned())].into();
    let until = RunOptions {
        until: Some("load".into()),
        skip,
        ..options()
    };
    let status = table.run_with(toy::cutover(&table.world), until).await.unwrap();
    assert_eq!(
        status,
        RunStatus::Paused {
            why: "step `load` is done, as far as it was to go".into()
        }
    );
    assert_eq!(table.log(), ["+load.half", "+load"]);
    // Asked again, it does not go any further.
    let until = RunOptions {
        until: Some("load".into()),
        ..options()
    };
    table.run_with(toy::cutover(&table.world), until).await.unwrap();
    assert_eq!(table.log(), ["+load.half", "+load"]);
    // In the middle of a span it goes to the span's end.
    let until = RunOptions {
        until: Some("fence".into()),
        ..options()
    };
    table.run_with(toy::cutover(&table.world), until).await.unwrap();
    assert!(
        table
            .told()
            .await
            .ends_with(&["step_done promote".into(), "run_paused".into()])
    );
    assert_eq!(
        table.run(toy::cutover(&table.world)).await.unwrap(),
        RunStatus::Completed
    );

    for (step, why) in [
        ("hold", "it belongs to a span"),
        ("promote", "it belongs to a span"),
    ] {
        let skip = RunOptions {
            skip: [(step.to_owned(), String::new())].into(),
            ..options()
        };
        let refused = table
            .run_with(toy::cutover(&table.world), skip)
            .await
            .unwrap_err();
        assert!(matches!(refused, ExecuteError::CannotSkip { why: w, .. } if w == why));
    }
    let nowhere = RunOptions {
        until: Some("nowhere".into()),
        ..options()
    };
    let refused = table
        .run_with(toy::cutover(&table.world), nowhere)
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "the runbook `cutover` has no step `nowhere`");
}

#[tokio::test]
async fn evidence_outlives_the_process_and_an_undo_ends_it() {
    struct Reads {
        of: &'static str,
        plan: StepPlan,
    }
    #[async_trait]
    impl Step for Reads {
        fn plan(&self) -> StepPlan {
            self.plan.clone()
        }
        async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
            Ok(Probe::NotDone)
        }
        async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
            let evidence = cx
                .evidence_of(self.of)
                .await
                .ok_or_else(|| StepError::new("no evidence"))?;
            Ok(Evidence::none().with("read", evidence.get("switched").cloned().unwrap_or_default()))
        }
        async fn verify(&self, cx: &Context) -> Result<Verdict, StepError> {
            let _ = cx;
            Ok(Verdict::Holds(Evidence::none()))
        }
    }
    let table = Table::new();
    let load = || {
        Runbook::builder("migrate")
            .step(toy::switch(&table.world, "load"))
            .build()
            .unwrap()
    };
    let read = || {
        let plan = StepPlan::new("read", "F8", "Reads what was measured");
        Runbook::builder("cutover")
            .step(Reads { of: "load", plan })
            .build()
            .unwrap()
    };
    assert_eq!(table.run(read()).await.unwrap(), failed("read", "no evidence"));
    let executor = table.executor(read()).await;
    executor.abort("alice", "too early").await.unwrap();
    executor.journal().close().await.unwrap();

    table.run(load()).await.unwrap();
    assert_eq!(table.run(read()).await.unwrap(), RunStatus::Completed);
    let executor = table.executor(load()).await;
    executor.rollback("alice", "over").await.unwrap();
    executor.journal().close().await.unwrap();
    assert_eq!(table.run(read()).await.unwrap(), failed("read", "no evidence"));
}

#[test]
fn a_list_of_steps_that_is_no_runbook_is_refused() {
    let world = toy::Shared::default();
    let step = |id: &str| toy::switch(&world, id);
    let build = |steps: Vec<Switch>| {
        let steps = steps
            .into_iter()
            .map(|step| Arc::new(step) as Arc<dyn Step>)
            .collect();
        Runbook::builder("cutover")
            .span("switch", OnFailure::Undo, steps)
            .build()
            .err()
            .unwrap()
    };
    assert_eq!(build(vec![]), BadRunbook::Empty("cutover".into()));
    assert_eq!(
        build(vec![step("hold"), step("hold")]),
        BadRunbook::Duplicate {
            play: "cutover".into(),
            step: "hold".into()
        }
    );
    let mut gate = step("fence");
    gate.plan.needs_approval = true;
    assert_eq!(
        build(vec![step("hold"), gate]),
        BadRunbook::GateInsideSpan {
            span: "switch".into(),
            step: "fence".into()
        }
    );
    let mut hurried = step("hold");
    hurried.plan.deadline = Duration::ZERO;
    assert_eq!(build(vec![hurried]), BadRunbook::NoTime("hold".into()));
}
