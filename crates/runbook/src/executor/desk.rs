//! What the operator has asked for and what has not happened yet.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::{ExecuteError, Executor};
use crate::context::Stop;
use crate::entry::{Entry, RunId};
use crate::event::Signal;
use crate::inbox::{Answer, Command};
use crate::ruling::{Effect, Ruling, judge};

pub(super) struct Desk {
    stop: watch::Sender<Stop>,
    note: Mutex<Note>,
}

#[derive(Default)]
struct Note {
    by: String,
    why: String,
    resume: bool,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            stop: watch::channel(Stop::No).0,
            note: Mutex::default(),
        }
    }

    /// Forgets an earlier run; `abort` is what was promised and has not begun.
    pub(super) fn begin(&self, abort: Option<(String, String)>) {
        match abort {
            Some((by, why)) => self.set(Stop::Abort, &by, &why),
            None => self.set(Stop::No, "", ""),
        }
    }

    pub(super) fn stop(&self) -> Stop {
        *self.stop.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Stop> {
        self.stop.subscribe()
    }

    /// Who asked for the stop, and why.
    pub(super) fn reason(&self) -> (String, String) {
        let note = self.note();
        (note.by.clone(), note.why.clone())
    }

    /// Whether somebody asked to go on; once.
    pub(super) fn take_resume(&self) -> bool {
        std::mem::take(&mut self.note().resume)
    }

    /// The pause has happened; what is left is to wait for somebody.
    pub(super) fn paused(&self) {
        self.stop.send_if_modified(|stop| {
            *stop == Stop::Pause && std::mem::replace(stop, Stop::No) == Stop::Pause
        });
    }

    fn set(&self, stop: Stop, by: &str, why: &str) {
        *self.note() = Note {
            by: by.to_owned(),
            why: why.to_owned(),
            resume: false,
        };
        self.stop.send_replace(stop);
    }

    fn resume(&self) {
        self.note().resume = true;
        self.stop.send_replace(Stop::No);
    }

    fn note(&self) -> std::sync::MutexGuard<'_, Note> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor {
    /// Judges what has come in, writes each ruling down, acts on it, answers.
    pub(super) async fn read_inbox(&self, run: RunId, span: Option<&str>) -> Result<(), ExecuteError> {
        for command in self.inbox.pending().await.map_err(ExecuteError::Inbox)? {
            // A conductor that died between the record and the answer has left the answer in the journal.
            let known = self
                .journal
                .look(|history| history.answer(command.id).cloned())
                .await;
            let answer = match known {
                Some(answer) => answer,
                None => self.rule(run, &command, span).await?,
            };
            self.inbox
                .answer(command.id, &answer)
                .await
                .map_err(ExecuteError::Inbox)?;
        }
        Ok(())
    }

    async fn rule(&self, run: RunId, command: &Command, span: Option<&str>) -> Result<Answer, ExecuteError> {
        let at = self.journal.clock().now();
        let stop = self.desk.stop();
        let ruling = self
            .journal
            .look(|history| history.run(run).map(|run| judge(command, at, run, stop, span)))
            .await
            .unwrap_or_else(|| Ruling {
                effect: None,
                reason: "no run is under way".into(),
            });
        let id = Some(command.id);
        let by = command.by.clone();
        let accepted = ruling.effect.is_some();
        let entry = match &ruling.effect {
            Some(Effect::Approve { step }) => Entry::Approved {
                step: step.clone(),
                by,
                expires: command.expires_at,
                command: id,
            },
            Some(Effect::Decline { step, why }) => Entry::Declined {
                step: step.clone(),
                by,
                why: why.clone(),
                command: id,
            },
            Some(Effect::Stop { .. } | Effect::Resume) | None => Entry::CommandAnswered {
                command: command.id,
                verb: command.ask.verb().to_owned(),
                by,
                accepted,
                reason: ruling.reason.clone(),
            },
        };
        self.journal.append(run, &command.by, vec![entry]).await?;
        match ruling.effect {
            Some(Effect::Stop { stop, why }) => {
                self.desk.set(stop, &command.by, &why);
                self.journal.signal(
                    run,
                    Signal::Stopping {
                        why: ruling.reason.clone(),
                    },
                );
            }
            Some(Effect::Resume) => self.desk.resume(),
            Some(Effect::Approve { .. } | Effect::Decline { .. }) | None => {}
        }
        Ok(Answer {
            accepted,
            reason: ruling.reason,
            at,
        })
    }
}
