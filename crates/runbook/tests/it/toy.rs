//! A world that remembers everything that was done to it, and steps that act on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{
    Approver, Clock, Conductor, Context, Events, Evidence, ExecuteError, Executor, InboxOnly, Journal,
    OnFailure, Policy, Probe, RunOptions, RunStatus, Runbook, Secrets, Settings, SqliteStore, Step,
    StepError, StepPlan, Store, SystemClock, Undo, Verdict,
};
use tempfile::TempDir;

/// Which switches are on, and every change in order.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) on: BTreeMap<String, bool>,
    pub(crate) log: Vec<String>,
    /// Steps whose next act, verify or undo fails, with how often.
    pub(crate) broken: BTreeMap<String, (u32, Option<StepError>)>,
}

pub(crate) type Shared = Arc<Mutex<World>>;

/// Switches two switches on, `NAME` and `NAME.half`, and writes a note in between.
#[derive(Clone)]
pub(crate) struct Switch {
    pub(crate) plan: StepPlan,
    pub(crate) world: Shared,
    pub(crate) notes: bool,
}

impl Switch {
    fn flip(&self, name: &str, to: bool) {
        let mut world = self.world.lock().unwrap();
        if world.on.insert(name.to_owned(), to).unwrap_or(false) != to {
            world.log.push(format!("{}{name}", if to { "+" } else { "-" }));
        }
    }

    fn is_on(&self, name: &str) -> bool {
        self.world.lock().unwrap().on.get(name).copied().unwrap_or(false)
    }

    /// `beat` is "act", "verify", "undo" or "probe".
    fn trip(&self, beat: &str) -> Result<(), StepError> {
        let mut world = self.world.lock().unwrap();
        match world.broken.get_mut(&format!("{beat} {}", self.plan.id)) {
            Some((times, error)) if *times > 0 => {
                *times -= 1;
                Err(error
                    .clone()
                    .unwrap_or_else(|| StepError::new(format!("{beat} is broken"))))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Step for Switch {
    fn plan(&self) -> StepPlan {
        self.plan.clone()
    }

    fn happens_alone(&self) -> bool {
        true
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        self.trip("probe")?;
        let half = self.is_on(&format!("{}.half", self.plan.id));
        Ok(match (self.is_on(&self.plan.id), half) {
            (true, true) => Probe::Done(Evidence::none().with("seen", "on")),
            (false, false) => Probe::NotDone,
            _ => Probe::Partly("one switch of two is on".into()),
        })
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        self.trip("act")?;
        self.flip(&format!("{}.half", self.plan.id), true);
        if self.notes {
            cx.note(Evidence::none().with("half", true)).await?;
        }
        self.flip(&self.plan.id, true);
        Ok(Evidence::none().with("switched", self.plan.id.as_str()))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        self.trip("verify")?;
        Ok(match self.is_on(&self.plan.id) {
            true => Verdict::Holds(Evidence::none().with("on", true)),
            false => Verdict::DoesNotHold {
                why: "it is off".into(),
                evidence: Evidence::none().with("on", false),
            },
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        self.trip("undo")?;
        self.flip(&self.plan.id, false);
        self.flip(&format!("{}.half", self.plan.id), false);
        Ok(Evidence::none())
    }
}

pub(crate) fn plan(id: &str) -> StepPlan {
    StepPlan {
        servers: vec!["db1".into()],
        statements: vec![format!("SWITCH {id} ON")],
        undo: Undo::By(vec![format!("SWITCH {id} OFF")]),
        deadline: Duration::from_secs(20),
        ..StepPlan::new(id, "F8", "Switches something on")
    }
}

pub(crate) fn switch(world: &Shared, id: &str) -> Switch {
    Switch {
        plan: plan(id),
        world: world.clone(),
        notes: false,
    }
}

/// A small migration: prepare and load on their own, then a gated span hold, fence, promote, then open. `promote` is the
/// point of no return.
pub(crate) fn cutover(world: &Shared) -> Runbook {
    let step = |id: &str| switch(world, id);
    let gated = |mut step: Switch| {
        step.plan.needs_approval = true;
        step
    };
    let last = |mut step: Switch| {
        step.plan.point_of_no_return = true;
        step.plan.undo = Undo::Irreversible("applications may have written to the target".into());
        step
    };
    Runbook::builder("cutover")
        .step(step("prepare"))
        .step(Switch {
            notes: true,
            ..step("load")
        })
        .span(
            "switch",
            OnFailure::Undo,
            vec![
                Arc::new(gated(step("hold"))),
                Arc::new(step("fence")),
                Arc::new(last(step("promote"))),
            ],
        )
        .step(step("open"))
        .build()
        .unwrap()
}

/// One migration's folder, with everything a conductor needs.
pub(crate) struct Table {
    pub(crate) folder: TempDir,
    pub(crate) world: Shared,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<Events>,
    pub(crate) settings: Settings,
    pub(crate) approver: Arc<dyn Approver>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            world: Shared::default(),
            clock: Arc::new(SystemClock::new()),
            events: Arc::new(Events::new()),
            settings: Settings {
                wait: false,
                poll: Duration::from_millis(5),
                attempts: 3,
                undo_patience: Duration::from_secs(5),
            },
            approver: Arc::new(Policy::new("policy: test")),
        }
    }

    pub(crate) fn nobody_approves(mut self) -> Self {
        self.approver = Arc::new(InboxOnly);
        self
    }

    pub(crate) fn store(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(&self.folder.path().join("journal.db")).unwrap())
    }

    pub(crate) async fn journal(&self, store: Arc<dyn Store>) -> Journal {
        let conductor = Conductor::this_process("alice");
        Journal::open(
            store,
            conductor,
            Secrets::default(),
            self.clock.clone(),
            self.events.clone(),
        )
        .await
        .unwrap()
    }

    pub(crate) async fn executor(&self, runbook: Runbook) -> Executor {
        let journal = self.journal(self.store()).await;
        Executor::new(
            journal,
            runbook,
            self.store(),
            self.approver.clone(),
            self.settings.clone(),
        )
    }

    pub(crate) async fn run(&self, runbook: Runbook) -> Result<RunStatus, ExecuteError> {
        self.run_with(runbook, options()).await
    }

    pub(crate) async fn run_with(
        &self,
        runbook: Runbook,
        options: RunOptions,
    ) -> Result<RunStatus, ExecuteError> {
        let executor = self.executor(runbook).await;
        let status = executor.run(&options).await;
        executor.journal().close().await.unwrap();
        status
    }

    /// The journal in short: `kind step`.
    pub(crate) async fn told(&self) -> Vec<String> {
        let records = self.store().read(0).await.unwrap();
        records
            .iter()
            .map(|r| {
                format!("{} {}", r.kind, r.step.as_deref().unwrap_or(""))
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    pub(crate) fn break_beat(&self, beat: &str, times: u32, error: Option<StepError>) {
        self.world
            .lock()
            .unwrap()
            .broken
            .insert(beat.to_owned(), (times, error));
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.world.lock().unwrap().log.clone()
    }
}

pub(crate) fn options() -> RunOptions {
    RunOptions {
        actor: "alice".into(),
        ..RunOptions::default()
    }
}
