//! The transition table: any sequence is either legal or an `IllegalEvent`, and what must never be is never legal.

use daybreak_runbook::{
    Conductor, Entry, Evidence, Micros, PlannedStep, RunStatus, Status, StepError, StepStatus, UndoPurpose,
    next,
};
use proptest::prelude::*;

use crate::toy;

const STEPS: [&str; 4] = ["first", "gate", "point", "last"];

fn started() -> Entry {
    let steps = STEPS.map(|id| {
        let mut plan = toy::plan(id);
        plan.needs_approval = id == "gate";
        plan.point_of_no_return = id == "point";
        PlannedStep { plan, span: None }
    });
    Entry::RunStarted {
        play: "toy".into(),
        takes_back: None,
        steps: steps.into(),
        conductor: Conductor::this_process("alice"),
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let step = || prop::sample::select(STEPS.as_slice()).prop_map(str::to_owned);
    let why = || "because".to_owned();
    let error = || StepError::new("broken");
    let purpose = prop::sample::select(vec![
        UndoPurpose::PartFailed,
        UndoPurpose::Abort,
        UndoPurpose::Rollback,
    ]);
    let conductor = Conductor::this_process("alice");
    let (none, took) = (Evidence::none(), Micros(1));
    let (e1, e2, e3, e4, e5) = (none.clone(), none.clone(), none.clone(), none.clone(), none);
    prop_oneof![
        Just(Entry::RunResumed { conductor }),
        Just(Entry::RunPaused { why: why() }),
        Just(Entry::RunCompleted),
        Just(Entry::RunAborted { why: why() }),
        Just(Entry::RunRolledBack { why: why() }),
        Just(started()),
        step().prop_map(move |step| Entry::RunFailed { step, why: why() }),
        step().prop_map(|step| Entry::ApprovalAsked { step }),
        step().prop_map(|step| Entry::Approved {
            step,
            by: "bob".into(),
            expires: "2030-01-01T00:00:00Z".parse().unwrap(),
            command: None
        }),
        step().prop_map(move |step| Entry::Declined {
            step,
            by: "bob".into(),
            why: why(),
            command: None
        }),
        step().prop_map(move |step| Entry::StepAlreadySo {
            step,
            evidence: e1.clone()
        }),
        (step(), 1..4u32).prop_map(|(step, attempt)| Entry::StepIntended { step, attempt }),
        step().prop_map(move |step| Entry::StepNoted {
            step,
            note: e2.clone()
        }),
        step().prop_map(move |step| Entry::StepRetried {
            step,
            beat: "act".into(),
            error: error()
        }),
        (step(), any::<bool>()).prop_map(move |(step, recovered)| Entry::StepDone {
            step,
            evidence: e3.clone(),
            verified: e3.clone(),
            took,
            recovered
        }),
        (step(), any::<bool>()).prop_map(move |(step, not_done)| Entry::StepFailed {
            step,
            error: error(),
            took,
            not_done
        }),
        step().prop_map(move |step| Entry::StepSkipped { step, why: why() }),
        step().prop_map(move |step| Entry::PointPassed {
            step,
            evidence: e5.clone()
        }),
        (purpose, prop::collection::vec(step(), 0..4)).prop_map(move |(purpose, steps)| Entry::UndoStarted {
            purpose,
            because: None,
            why: why(),
            steps
        }),
        step().prop_map(|step| Entry::UndoIntended { step }),
        step().prop_map(move |step| Entry::UndoDone {
            step,
            evidence: e4.clone(),
            took
        }),
        step().prop_map(move |step| Entry::UndoKept { step, reason: why() }),
        step().prop_map(move |step| Entry::UndoFailed {
            step,
            error: error(),
            took
        }),
    ]
}

/// What holds in every status that can be reached.
fn check(status: &Status) {
    let undone = matches!(
        status.run,
        RunStatus::Undoing { .. }
            | RunStatus::Stuck(_)
            | RunStatus::Aborted { .. }
            | RunStatus::RolledBack { .. }
    );
    assert!(
        !(undone && status.crossed.is_some()),
        "after the point of no return nothing is undone: {status:?}"
    );
    if status.run == RunStatus::Completed {
        assert!(
            status.steps.iter().all(|step| step.status.is_closed()),
            "{status:?}"
        );
    }
    for (place, step) in status.steps.iter().enumerate() {
        if step.status == StepStatus::Intended {
            let before = &status.steps[..place];
            assert!(
                before.iter().all(|step| step.status.is_closed() || undone),
                "out of turn: {status:?}"
            );
            assert!(step.started && step.attempt > 0);
        }
    }
    if let RunStatus::Stuck(stuck) = &status.run {
        assert_eq!(status.step(&stuck.undo).unwrap().status, StepStatus::UndoFailed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event_is_legal_or_refused_and_a_replay_ends_where_the_live_run_did(
        entries in prop::collection::vec(any_entry(), 0..200)
    ) {
        let mut live = next(&Status::default(), &started()).unwrap();
        let mut journal = vec![started()];
        for entry in entries {
            let before = live.clone();
            match next(&live, &entry) {
                Ok(after) => {
                    check(&after);
                    live = after;
                    journal.push(entry);
                }
                Err(illegal) => {
                    prop_assert_eq!(illegal.event, entry.kind());
                    prop_assert_eq!(&before, &live);
                }
            }
        }
        let replayed = journal.iter().try_fold(Status::default(), |status, entry| {
            let line = serde_json::to_string(entry).unwrap();
            next(&status, &serde_json::from_str(&line).unwrap())
        });
        prop_assert_eq!(replayed.unwrap(), live);
    }
}

#[test]
fn nothing_happens_before_the_start_and_nothing_after_an_ending() {
    let start = next(&Status::default(), &started()).unwrap();
    assert!(next(&Status::default(), &Entry::RunCompleted).is_err());
    assert!(next(&start, &started()).is_err());
    let undo = |purpose| Entry::UndoStarted {
        purpose,
        because: None,
        why: String::new(),
        steps: vec![],
    };
    let undoing = next(&start, &undo(UndoPurpose::Abort)).unwrap();
    let over = next(&undoing, &Entry::RunAborted { why: "enough".into() }).unwrap();
    let late = next(
        &over,
        &Entry::StepIntended {
            step: "first".into(),
            attempt: 1,
        },
    )
    .unwrap_err();
    assert_eq!(
        late.to_string(),
        "`step_intended` of step `first` cannot happen here: the run is over"
    );
}
