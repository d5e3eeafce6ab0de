//! Conducting: opens the journal, carries plays out, and tells whoever watches.

mod fault;
mod interrupt;
mod stage;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use daybreak_model::Secret;
use daybreak_runbook::{
    Approver, Conductor, Events, ExecuteError, Executor, InboxOnly, Journal, Policy, RunOptions, RunStatus,
    Runbook, Secrets, SqliteStore, Store, SystemClock,
};

use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::Format;
use crate::plays::World;

pub(crate) use stage::{Leader, Stage};
pub(crate) use watch::rate;

/// How long all servers together may take to say what they run, before a play is begun.
const ASKING: Duration = Duration::from_secs(5);

/// One conductor at work on one migration: it alone may write the journal.
pub(crate) struct Conduct {
    pub(crate) world: Arc<World>,
    store: Arc<SqliteStore>,
    journal: Journal,
    watcher: watch::Watcher,
    actor: String,
}

/// The name of whoever started this process, for the journal.
pub(crate) fn actor() -> String {
    std::env::var("USER")
        .or_else(|_| std::env::var("LOGNAME"))
        .unwrap_or_else(|_| "operator".to_owned())
}

/// The store behind the journal of a migration, made when it is not there yet.
pub(crate) fn store(settings: &Settings) -> Result<Arc<SqliteStore>, Trouble> {
    std::fs::create_dir_all(&settings.state_dir).map_err(|error| {
        anyhow::anyhow!(
            "failed to make the folder {}: {error}",
            settings.state_dir.display()
        )
    })?;
    let store = SqliteStore::open(&settings.journal()).map_err(|error| {
        let hint = error.hint();
        Trouble::new(error, Some(hint))
    })?;
    Ok(Arc::new(store))
}

impl Conduct {
    /// Takes the journal's lease and replays it.
    pub(crate) async fn open(settings: Settings, format: Format) -> Result<Self, Trouble> {
        let store = store(&settings)?;
        let written: Arc<dyn Store> = fault::from_environment(Arc::clone(&store))?;
        let events = Arc::new(Events::new());
        let watcher = watch::Watcher::start(events.subscribe(), format);
        let secrets = secrets(&settings)?;
        let actor = actor();
        let clock = Arc::new(SystemClock::new());
        let journal = Journal::open(written, Conductor::this_process(&actor), secrets, clock, events).await;
        let journal = journal.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })?;
        let world = World::new(settings);
        if journal.look(|history| history.open().is_none()).await {
            // What is begun is written down with its exact statements. A server that does not answer fails the first step that
            // needs it, in words; what goes on after a crash must not wait for one.
            let _ = tokio::time::timeout(ASKING, world.ask_flavors()).await;
        }
        Ok(Self {
            world,
            store,
            journal,
            watcher,
            actor,
        })
    }

    /// Where the migration stands.
    pub(crate) async fn stage(&self) -> Stage {
        self.journal.look(Stage::of).await
    }

    /// Whether the open run has done this step.
    pub(crate) async fn has_done(&self, step: &str) -> bool {
        self.journal
            .look(|history| {
                let run = history.open();
                let standing = run.and_then(|run| run.status.step(step));
                standing.is_some_and(|standing| standing.status.is_closed())
            })
            .await
    }

    /// Carries a play out, or goes on with it.
    pub(crate) async fn play(
        &self,
        runbook: Runbook,
        until: Option<String>,
        yes: bool,
    ) -> Result<RunStatus, Trouble> {
        let executor = self.executor(runbook, yes);
        let options = RunOptions {
            actor: self.actor.clone(),
            until,
            ..RunOptions::default()
        };
        let heeding = interrupt::heed(self.journal.clone())?;
        let status = executor.run(&options).await.map_err(executed);
        heeding.abort();
        status
    }

    /// Ends an open run that was begun with the steps of `before` and has only looked so far, where the plan file now asks for
    /// the steps of `now`: a refusal may well have told the operator to change the plan.
    pub(crate) async fn end_if_outdated(&self, now: &Runbook, before: Runbook) -> Result<(), Trouble> {
        let names = |book: &Runbook| -> Vec<String> {
            book.plan().into_iter().map(|planned| planned.plan.id).collect()
        };
        let (now, old) = (names(now), names(&before));
        let outdated = self
            .journal
            .look(|history| {
                history.open().is_some_and(|run| {
                    let steps = run.steps.iter().map(|step| &step.planned.plan.id);
                    let only_looked = run.steps.iter().all(|step| {
                        step.started_at.is_none() || step.planned.plan.undo == daybreak_runbook::Undo::Nothing
                    });
                    only_looked && old != now && steps.eq(&old)
                })
            })
            .await;
        if outdated {
            let why = "the plan file asks for other steps now, and nothing was changed yet";
            self.roll_back(before, why).await?;
        }
        Ok(())
    }

    /// Takes the newest run of a play back.
    pub(crate) async fn roll_back(&self, runbook: Runbook, why: &str) -> Result<RunStatus, Trouble> {
        let executor = self.executor(runbook, true);
        let open = self.journal.look(|history| history.open().is_some()).await;
        let status = if open {
            executor.abort(&self.actor, why).await
        } else {
            executor.rollback(&self.actor, why).await
        };
        status.map_err(executed)
    }

    fn executor(&self, runbook: Runbook, yes: bool) -> Executor {
        let approver: Arc<dyn Approver> = if yes {
            Arc::new(Policy::new(&format!("policy: --yes given by {}", self.actor)))
        } else {
            Arc::new(InboxOnly)
        };
        let inbox = Arc::clone(&self.store);
        Executor::new(
            self.journal.clone(),
            runbook,
            inbox,
            approver,
            daybreak_runbook::Settings::default(),
        )
    }

    /// Gives the lease back and lets the last events be shown.
    pub(crate) async fn close(self) -> Result<(), Trouble> {
        let closed = self.journal.close().await;
        drop(self.journal);
        self.watcher.end().await;
        closed.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })
    }
}

/// Everything that must never be written down.
fn secrets(settings: &Settings) -> Result<Secrets, Trouble> {
    let all: [&Secret; 3] = [
        &settings.source.endpoint.password,
        &settings.target.endpoint.password,
        &settings.link.password,
    ];
    let texts = all.iter().map(|secret| secret.expose().to_owned().into());
    Secrets::new(texts).map_err(|error| {
        let hint = error.hint();
        Trouble::new(error, Some(hint))
    })
}

fn executed(error: ExecuteError) -> Trouble {
    let exit = if matches!(error, ExecuteError::Stuck { .. }) {
        Exit::Stuck
    } else {
        Exit::Failed
    };
    let hint = error.hint();
    Trouble {
        exit,
        ..Trouble::new(error, Some(hint))
    }
}
