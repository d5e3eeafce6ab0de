//! What a step sees of the run around it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::entry::{Entry, RunId};
use crate::event::{Progress, Signal};
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::journal::Journal;

/// What the operator wants of a running step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Go on.
    No,
    /// Stop at a safe point if there is one, else finish: the run will pause.
    Pause,
    /// Stop as soon as it is safe: the run will be undone.
    Abort,
}

/// Handed to every beat of a step.
pub struct Context {
    step: String,
    attempt: u32,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<Stop>,
    place: Place,
}

enum Place {
    Run {
        journal: Journal,
        run: RunId,
    },
    Alone {
        evidence: BTreeMap<String, Evidence>,
        notes: Mutex<Vec<Evidence>>,
    },
}

impl Context {
    pub(crate) fn of_run(
        journal: &Journal,
        run: RunId,
        step: &str,
        attempt: u32,
        stop: watch::Receiver<Stop>,
    ) -> Self {
        Self {
            step: step.to_owned(),
            attempt,
            clock: Arc::clone(journal.clock()),
            stop,
            place: Place::Run {
                journal: journal.clone(),
                run,
            },
        }
    }

    /// A context without a run: for a capability used alone and for a step's own tests. `evidence` is what earlier steps
    /// would have left; notes are kept in memory, signals go nowhere.
    pub fn alone(step: &str, clock: Arc<dyn Clock>, evidence: BTreeMap<String, Evidence>) -> Self {
        Self {
            step: step.to_owned(),
            attempt: 1,
            clock,
            stop: watch::channel(Stop::No).1,
            place: Place::Alone {
                evidence,
                notes: Mutex::default(),
            },
        }
    }

    /// The step it was made for.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// How often the step was started in this run, this time included; 0 for a probe before the first start.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What the operator wants right now.
    pub fn stop(&self) -> Stop {
        *self.stop.borrow()
    }

    /// Returns when the operator wants the step to stop; for use beside the work in a `select!`. A step that gives way
    /// returns [`StepError::stopped`].
    pub async fn stop_requested(&self) -> Stop {
        let mut stop = self.stop.clone();
        loop {
            let now = *stop.borrow_and_update();
            if now != Stop::No {
                return now;
            }
            if stop.changed().await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Shows how far the work has come. Cheap; not kept.
    pub fn progress(&self, progress: Progress) {
        self.signal(Signal::Progress {
            step: self.step.clone(),
            progress,
        });
    }

    /// Says why the step waits. Cheap; not kept.
    pub fn waiting(&self, why: impl Into<String>) {
        self.signal(Signal::Waiting {
            step: Some(self.step.clone()),
            why: why.into(),
        });
    }

    /// Writes something down before the step goes on, so that it is known after a crash in the middle. Durable when it
    /// returns; costs a disk write.
    ///
    /// # Errors
    /// When the journal cannot be written. The step must stop then.
    pub async fn note(&self, note: Evidence) -> Result<(), StepError> {
        match &self.place {
            Place::Run { journal, run } => {
                let entry = Entry::StepNoted {
                    step: self.step.clone(),
                    note,
                };
                journal
                    .append(*run, &journal.conductor().name, vec![entry])
                    .await
                    .map_err(|e| StepError::caused_by("failed to note what the step needs after a crash", &e))
            }
            Place::Alone { notes, .. } => {
                notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
                Ok(())
            }
        }
    }

    /// What this step has noted in this run since it was last undone, oldest first.
    pub async fn notes(&self) -> Vec<Evidence> {
        match &self.place {
            Place::Run { journal, run } => {
                journal
                    .look(|history| {
                        let step = history.run(*run).and_then(|run| run.step(&self.step));
                        step.map(|step| step.notes.clone()).unwrap_or_default()
                    })
                    .await
            }
            Place::Alone { notes, .. } => notes.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// What a finished step measured: in this run, or, if it is not done in this one, in the newest earlier run in which it
    /// is done and was not undone.
    pub async fn evidence_of(&self, step: &str) -> Option<Evidence> {
        match &self.place {
            Place::Run { journal, run } => {
                journal
                    .look(|history| history.evidence(*run, step).cloned())
                    .await
            }
            Place::Alone { evidence, .. } => evidence.get(step).cloned(),
        }
    }

    fn signal(&self, signal: Signal) {
        match &self.place {
            Place::Run { journal, run } => journal.signal(*run, signal),
            Place::Alone { .. } => tracing::debug!(?signal, "signal"),
        }
    }
}
