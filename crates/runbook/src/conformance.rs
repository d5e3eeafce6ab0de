//! Conformance for any runbook: fail at each step, die around each record, repeat each step, undo from each step, and see
//! whether the world comes out the same.
//!
//! A runbook passes by having a [`Stage`]; every helper panics with what went wrong. The feature `conformance` brings this
//! module in; it is meant for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::Value;

use crate::approval::Policy;
use crate::clock::SystemClock;
use crate::conductor::Conductor;
use crate::context::Context;
use crate::event::Events;
use crate::evidence::Evidence;
use crate::executor::{ExecuteError, Executor, RunOptions, Settings};
use crate::failure::StepError;
use crate::fault::{Fault, FaultyStore};
use crate::history::History;
use crate::journal::Journal;
use crate::plan::{StepPlan, Undo};
use crate::runbook::Runbook;
use crate::secrets::Secrets;
use crate::sqlite::SqliteStore;
use crate::status::RunStatus;
use crate::step::{Probe, Step, Verdict};
use crate::store::Store;

/// What the steps of one runbook act on.
#[async_trait]
pub trait World: Send + Sync {
    /// The runbook, bound to this world. Asked again after every simulated death.
    fn runbook(&self) -> Runbook;

    /// Everything that matters about this world. Worlds in the same state look the same; what may differ (times,
    /// generated ids) is left out.
    async fn look(&self) -> Value;
}

/// Makes worlds that all begin in the same state.
#[async_trait]
pub trait Stage: Send + Sync {
    /// A new world.
    async fn fresh(&self) -> Box<dyn World>;
}

/// Runs the runbook undisturbed; the other helpers compare with this. Returns what the world looks like before and after.
///
/// # Panics
/// When the run does not complete.
pub async fn completes(stage: &dyn Stage) -> (Value, Value) {
    let world = stage.fresh().await;
    let before = world.look().await;
    let table = Table::new();
    let status = table
        .run(table.store(), world.runbook())
        .await
        .expect("an undisturbed run has no trouble");
    assert_eq!(status, RunStatus::Completed, "an undisturbed run completes");
    (before, world.look().await)
}

/// Dies right before and right after every append of a run, then starts anew: each time the run completes and the world
/// ends as undisturbed. Returns the number of deaths.
///
/// # Panics
/// When it does not.
pub async fn survives_every_death(stage: &dyn Stage) -> u64 {
    let (_, after) = completes(stage).await;
    let mut deaths = 0;
    for place in 0.. {
        let mut reached = false;
        for fault in [Fault::Refuse, Fault::LoseAnswer] {
            let world = stage.fresh().await;
            let table = Table::new();
            let script = std::iter::repeat_n(None, place).chain([Some(fault)]);
            let store = Arc::new(FaultyStore::scripted(table.store(), script));
            let scene = format!("{fault:?} at append {}", place + 1);
            match table.run(store, world.runbook()).await {
                Ok(status) => assert_eq!(status, RunStatus::Completed, "{scene}"),
                Err(ExecuteError::Journal(_)) => {
                    reached = true;
                    deaths += 1;
                    let status = table.run(table.store(), world.runbook()).await;
                    assert_eq!(status.expect(&scene), RunStatus::Completed, "{scene}");
                }
                Err(other) => panic!("{scene}: {other}"),
            }
            assert_eq!(world.look().await, after, "{scene}: the world");
            table.check(&scene).await;
        }
        if !reached {
            break;
        }
    }
    deaths
}

/// Fails once at each step, before it acts and after it acted, then starts anew: each time the run completes and the world
/// ends as undisturbed.
///
/// # Panics
/// When it does not.
pub async fn survives_every_failure(stage: &dyn Stage) {
    let (_, after) = completes(stage).await;
    for step in stage.fresh().await.runbook().plan() {
        for when in [When::Before, When::After] {
            let world = stage.fresh().await;
            let table = Table::new();
            let scene = format!("failing {when:?} step `{}` acts", step.plan.id);
            let status = table
                .run(table.store(), failing(&world.runbook(), &step.plan.id, when))
                .await;
            match status.expect(&scene) {
                RunStatus::Failed { step: failed, .. } => assert_eq!(failed, step.plan.id, "{scene}"),
                // It was already so and did not have to act.
                RunStatus::Completed => {}
                other => panic!("{scene}: {other:?}"),
            }
            let status = table.run(table.store(), world.runbook()).await;
            assert_eq!(status.expect(&scene), RunStatus::Completed, "{scene}");
            assert_eq!(world.look().await, after, "{scene}: the world");
            table.check(&scene).await;
        }
    }
}

/// Acts twice at each step: the world ends as undisturbed.
///
/// # Panics
/// When it does not.
pub async fn repeats_harmlessly(stage: &dyn Stage) {
    let (_, after) = completes(stage).await;
    for step in stage.fresh().await.runbook().plan() {
        let world = stage.fresh().await;
        let table = Table::new();
        let scene = format!("step `{}` twice", step.plan.id);
        let runbook = world.runbook().map(|plan, inner| match plan.id == step.plan.id {
            true => Arc::new(Twice(inner)),
            false => inner,
        });
        let status = table.run(table.store(), runbook).await;
        assert_eq!(status.expect(&scene), RunStatus::Completed, "{scene}");
        assert_eq!(world.look().await, after, "{scene}: the world");
    }
}

/// Fails at each step, before and after it acts, and aborts: before the point of no return the world ends as it began,
/// except that irreversible steps stay (runbooks are checked up to the first of them); every undo is called twice. After
/// the point of no return the abort is refused.
///
/// # Panics
/// When it is not so.
pub async fn undoes_from_everywhere(stage: &dyn Stage) {
    let (before, _) = completes(stage).await;
    let mut irreversible = false;
    for step in stage.fresh().await.runbook().plan() {
        irreversible |= matches!(step.plan.undo, Undo::Irreversible(_));
        for when in [When::Before, When::After] {
            let world = stage.fresh().await;
            let table = Table::new();
            let scene = format!("aborting after a failure {when:?} step `{}` acts", step.plan.id);
            let runbook =
                failing(&world.runbook(), &step.plan.id, when).map(|_, inner| Arc::new(Twice(inner)));
            let status = table.run(table.store(), runbook.clone()).await.expect(&scene);
            if status == RunStatus::Completed {
                continue;
            }
            let executor = table.executor(table.store(), runbook).await;
            let crossed = executor
                .journal()
                .look(|history| history.open()?.status.crossed.clone())
                .await;
            let aborted = executor.abort("conformance", "to see whether it undoes").await;
            executor.journal().close().await.expect(&scene);
            match (crossed, aborted) {
                (Some(_), Err(ExecuteError::PastPointOfNoReturn { .. })) => {}
                (None, Ok(RunStatus::Aborted { .. })) => {
                    if !irreversible {
                        assert_eq!(world.look().await, before, "{scene}: the world");
                    }
                }
                (crossed, other) => panic!("{scene}: crossed {crossed:?}, {other:?}"),
            }
            table.check(&scene).await;
        }
    }
}

/// Fails at each undoable step after it acted, and dies around every append of the undo that follows: of the part's own undo
/// (then the next starts complete the run and the world ends as undisturbed), and of an abort (then the next abort ends with
/// the world as it began).
///
/// # Panics
/// When it is not so.
pub async fn survives_every_death_while_undoing(stage: &dyn Stage) {
    let (before, after) = completes(stage).await;
    for step in stage.fresh().await.runbook().plan() {
        if step.plan.point_of_no_return || matches!(step.plan.undo, Undo::Irreversible(_)) {
            break;
        }
        for aborting in [false, true] {
            for place in 0.. {
                let mut reached = false;
                for fault in [Fault::Refuse, Fault::LoseAnswer] {
                    let scene = format!("`{}` failing, {fault:?} at append {}", step.plan.id, place + 1);
                    let world = stage.fresh().await;
                    let failing = failing(&world.runbook(), &step.plan.id, When::After);
                    let died = die_undoing(world.as_ref(), failing, aborting, place, fault, &scene).await;
                    reached |= died;
                    assert_eq!(
                        world.look().await,
                        if aborting { &before } else { &after }.clone(),
                        "{scene}: the world"
                    );
                }
                if !reached {
                    break;
                }
            }
        }
    }
}

/// One scene of [`survives_every_death_while_undoing`]; says whether the fault was reached.
async fn die_undoing(
    world: &dyn World,
    failing: Runbook,
    aborting: bool,
    place: usize,
    fault: Fault,
    scene: &str,
) -> bool {
    let table = Table::new();
    let script = std::iter::repeat_n(None, place).chain([Some(fault)]);
    let faulty = Arc::new(FaultyStore::scripted(table.store(), script));
    let died = if aborting {
        table.run(table.store(), failing).await.expect(scene);
        table.abort(faulty, world.runbook()).await.is_err()
    } else {
        table.run(faulty, failing).await.is_err()
    };
    if aborting {
        match table.abort(table.store(), world.runbook()).await {
            // The last record was written, only its answer was lost.
            Ok(RunStatus::Aborted { .. }) | Err(ExecuteError::NothingToUndo { .. }) => {}
            other => panic!("{scene}: {other:?}"),
        }
    } else {
        let mut status = RunStatus::NotStarted;
        // The undo is finished by the first start, and the step may fail again in it; the last one completes.
        for _ in 0..3 {
            if status != RunStatus::Completed {
                status = table.run(table.store(), world.runbook()).await.expect(scene);
            }
        }
        assert_eq!(status, RunStatus::Completed, "{scene}");
    }
    table.check(scene).await;
    died
}

/// A journal of its own.
struct Table {
    folder: tempfile::TempDir,
}

impl Table {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is room for a temporary folder"),
        }
    }

    fn store(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(&self.folder.path().join("journal.db")).expect("a new journal opens"))
    }

    async fn executor(&self, store: Arc<dyn Store>, runbook: Runbook) -> Executor {
        let conductor = Conductor::this_process("conformance");
        let clock = Arc::new(SystemClock::new());
        let journal = Journal::open(
            store,
            conductor,
            Secrets::default(),
            clock,
            Arc::new(Events::new()),
        )
        .await;
        let journal = journal.expect("a sound journal opens");
        Executor::new(
            journal,
            runbook,
            self.store(),
            Arc::new(Policy::new("conformance")),
            Settings::default(),
        )
    }

    async fn run(&self, store: Arc<dyn Store>, runbook: Runbook) -> Result<RunStatus, ExecuteError> {
        let executor = self.executor(store, runbook).await;
        let options = RunOptions {
            actor: "conformance".to_owned(),
            ..RunOptions::default()
        };
        let status = executor.run(&options).await;
        // What the operating system does for a process that died.
        executor.journal().close().await.expect("the lease is given back");
        status
    }

    async fn abort(&self, store: Arc<dyn Store>, runbook: Runbook) -> Result<RunStatus, ExecuteError> {
        let executor = self.executor(store, runbook).await;
        let status = executor.abort("conformance", "to see whether it undoes").await;
        executor.journal().close().await.expect("the lease is given back");
        status
    }

    async fn check(&self, scene: &str) {
        let records = self.store().read(0).await.expect("the journal is readable");
        History::replay(&records).expect(scene);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

fn failing(runbook: &Runbook, step: &str, when: When) -> Runbook {
    runbook.map(|plan, inner| match plan.id == step {
        true => Arc::new(FailsOnce {
            inner,
            when,
            failed: AtomicBool::new(false),
        }),
        false => inner,
    })
}

/// Fails its first act.
struct FailsOnce {
    inner: Arc<dyn Step>,
    when: When,
    failed: AtomicBool,
}

#[async_trait]
impl Step for FailsOnce {
    fn plan(&self) -> StepPlan {
        self.inner.plan()
    }

    async fn probe(&self, cx: &Context) -> Result<Probe, StepError> {
        self.inner.probe(cx).await
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        if self.failed.swap(true, Ordering::SeqCst) {
            return self.inner.act(cx).await;
        }
        if self.when == When::After {
            self.inner.act(cx).await?;
        }
        Err(StepError::new("failed on purpose"))
    }

    async fn verify(&self, cx: &Context) -> Result<Verdict, StepError> {
        self.inner.verify(cx).await
    }

    async fn undo(&self, cx: &Context) -> Result<Evidence, StepError> {
        self.inner.undo(cx).await
    }
}

/// Acts twice and undoes twice.
struct Twice(Arc<dyn Step>);

#[async_trait]
impl Step for Twice {
    fn plan(&self) -> StepPlan {
        self.0.plan()
    }

    async fn probe(&self, cx: &Context) -> Result<Probe, StepError> {
        self.0.probe(cx).await
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        self.0.act(cx).await?;
        self.0.act(cx).await
    }

    async fn verify(&self, cx: &Context) -> Result<Verdict, StepError> {
        self.0.verify(cx).await
    }

    async fn undo(&self, cx: &Context) -> Result<Evidence, StepError> {
        self.0.undo(cx).await?;
        self.0.undo(cx).await
    }
}
