//! Everything the journal says, replayed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::entry::{Entry, PlannedStep, RunId};
use crate::evidence::Evidence;
use crate::failure::StepError;
use crate::inbox::Answer;
use crate::micros::Micros;
use crate::record::{BrokenChain, Record, WrongFormat, verify_chain};
use crate::status::{IllegalEvent, RunStatus, Status, next};

/// A permission to start a step once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The step.
    pub step: String,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// It cannot be used at this time or later.
    pub expires: Timestamp,
    /// Whether the step was started on it.
    pub used: bool,
}

/// What happened to a step of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepHistory {
    /// What it was to do.
    #[serde(flatten)]
    pub planned: PlannedStep,
    /// When it was first intended, or found already so.
    pub started_at: Option<Timestamp>,
    /// When its last outcome was written.
    pub ended_at: Option<Timestamp>,
    /// How long act and verify took, where it ran through.
    #[serde(rename = "took_us")]
    pub took: Option<Micros>,
    /// Whether it was found done after an interruption.
    pub recovered: bool,
    /// Whether its evidence holds: it was done or found so, and not undone since.
    pub stands: bool,
    /// What `act` measured; where it was already so, what the probe saw.
    pub evidence: Evidence,
    /// What `verify` measured.
    pub verified: Evidence,
    /// What it wrote down while it worked, since it was last undone.
    pub notes: Vec<Evidence>,
    /// How often a beat was tried again.
    pub retries: u32,
    /// Its last failure, of act or undo.
    pub error: Option<StepError>,
    /// Why it was skipped, or why an undo left it as it is.
    pub remark: Option<String>,
}

/// One run of a play.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// The play.
    pub play: String,
    /// The play whose point of no return it takes back when it completes.
    pub takes_back: Option<String>,
    /// Who started it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub status: Status,
    /// Its steps, in order, one for each of `status.steps`.
    pub steps: Vec<StepHistory>,
    /// The approvals it was given.
    pub approvals: Vec<Approval>,
    /// Who was promised an abort that has not begun, and what was said: a conductor that dies in between does not break it.
    pub(crate) abort_asked: Option<(String, String)>,
}

impl Run {
    /// The approval on which `step` may start at `now`.
    pub fn approval(&self, step: &str, now: Timestamp) -> Option<&Approval> {
        self.approvals
            .iter()
            .find(|approval| approval.step == step && !approval.used && approval.expires > now)
    }

    /// What happened to a step.
    pub fn step(&self, id: &str) -> Option<&StepHistory> {
        self.steps.iter().find(|step| step.planned.plan.id == id)
    }
}

/// Why a journal cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A record is not what was written.
    #[error(transparent)]
    Broken(#[from] BrokenChain),
    /// A record is of another format.
    #[error("record {seq} cannot be read")]
    Format {
        /// Its number.
        seq: u64,
        /// Why.
        #[source]
        source: WrongFormat,
    },
    /// A record tells of something impossible.
    #[error("record {seq} tells of something impossible")]
    Illegal {
        /// Its number.
        seq: u64,
        /// What.
        #[source]
        source: IllegalEvent,
    },
}

/// All runs of a journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    runs: Vec<Run>,
    answered: BTreeMap<u64, Answer>,
}

impl History {
    /// Checks the chain and replays it.
    ///
    /// # Errors
    /// Names the first record that cannot be trusted.
    pub fn replay(records: &[Record]) -> Result<Self, ReplayError> {
        for record in records {
            record.version.check().map_err(|source| ReplayError::Format {
                seq: record.seq,
                source,
            })?;
        }
        verify_chain(records)?;
        let mut history = Self::default();
        for record in records {
            let illegal = |source| ReplayError::Illegal {
                seq: record.seq,
                source,
            };
            history
                .apply(record.run, record.at()?, &record.actor, &record.entry()?)
                .map_err(illegal)?;
        }
        Ok(history)
    }

    /// All runs, oldest first.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// A run.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// The run that is not over. There is never more than one.
    pub fn open(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|run| !run.status.run.is_ended())
    }

    /// The number the next run will have.
    pub(crate) fn next_run(&self) -> RunId {
        RunId(self.runs.len() as u64 + 1)
    }

    /// How this inbox message was judged, if it was.
    pub(crate) fn answer(&self, command: u64) -> Option<&Answer> {
        self.answered.get(&command)
    }

    /// How long a step took each time it ran through, oldest first.
    pub fn measured(&self, step: &str) -> Vec<Duration> {
        self.runs
            .iter()
            .filter_map(|run| run.step(step)?.took)
            .map(Duration::from)
            .collect()
    }

    /// The newest evidence of a step that stands: from `run`, else from an earlier run.
    pub fn evidence(&self, run: RunId, step: &str) -> Option<&Evidence> {
        self.runs
            .iter()
            .rev()
            .filter(|candidate| candidate.id <= run)
            .filter_map(|run| run.step(step))
            .find(|step| step.stands)
            .map(|step| &step.evidence)
    }

    /// The last run, at `from` or later, that has passed its point of no return and was not taken back. A completed run takes back the
    /// one of the other play that stands before it; where none stands, it stands itself: there, home and out again is out.
    pub fn committed_since(&self, from: RunId) -> Option<&Run> {
        let mut standing: Vec<&Run> = Vec::new();
        for run in &self.runs {
            if run.id < from || run.status.crossed.is_none() {
                continue;
            }
            let before = standing.last().map(|before| before.play.as_str());
            if run.status.run == RunStatus::Completed
                && before.is_some()
                && run.takes_back.as_deref() == before
            {
                standing.pop();
            } else {
                standing.push(run);
            }
        }
        standing.pop()
    }

    /// The status a run would have after these entries; nothing is changed.
    pub(crate) fn foresee(&self, run: RunId, entries: &[Entry]) -> Result<Status, IllegalEvent> {
        let mut status = self.run(run).map(|run| run.status.clone()).unwrap_or_default();
        for entry in entries {
            status = self.judge(run, &status, entry)?;
        }
        Ok(status)
    }

    fn judge(&self, id: RunId, status: &Status, entry: &Entry) -> Result<Status, IllegalEvent> {
        let illegal = |why: String| IllegalEvent {
            event: entry.kind(),
            step: entry.step().map(str::to_owned),
            why,
        };
        let starts = matches!(entry, Entry::RunStarted { .. });
        if starts && status.run == RunStatus::NotStarted {
            if let Some(open) = self.open() {
                return Err(illegal(format!("run {} is not over", open.id)));
            }
            if id != self.next_run() {
                return Err(illegal(format!("the next run is {}, not {id}", self.next_run())));
            }
        } else if matches!(entry, Entry::UndoStarted { .. })
            && let Some(open) = self.open()
            && open.id != id
        {
            return Err(illegal(format!("run {} is not over", open.id)));
        }
        next(status, entry)
    }

    pub(crate) fn apply(
        &mut self,
        id: RunId,
        at: Timestamp,
        actor: &str,
        entry: &Entry,
    ) -> Result<(), IllegalEvent> {
        let status = self.foresee(id, std::slice::from_ref(entry))?;
        if let Entry::RunStarted {
            play,
            takes_back,
            steps,
            ..
        } = entry
        {
            self.runs.push(Run {
                id,
                play: play.clone(),
                takes_back: takes_back.clone(),
                started_by: actor.to_owned(),
                started_at: at,
                ended_at: None,
                status,
                steps: steps.iter().cloned().map(StepHistory::new).collect(),
                approvals: Vec::new(),
                abort_asked: None,
            });
            return Ok(());
        }
        if let Some((command, answer)) = answer(at, entry) {
            self.answered.insert(command, answer);
        }
        let Some(run) = self.runs.iter_mut().find(|run| run.id == id) else {
            return Ok(());
        };
        run.ended_at = status.run.is_ended().then_some(at);
        run.status = status;
        match entry {
            Entry::Approved {
                step, by, expires, ..
            } => run.approvals.push(Approval {
                step: step.clone(),
                by: by.clone(),
                at,
                expires: *expires,
                used: false,
            }),
            Entry::StepIntended { step, .. } => {
                let usable = |approval: &&mut Approval| {
                    approval.step == *step && !approval.used && approval.expires > at
                };
                if let Some(approval) = run.approvals.iter_mut().find(usable) {
                    approval.used = true;
                }
            }
            Entry::CommandAnswered {
                verb,
                by,
                accepted: true,
                reason,
                ..
            } if verb == "abort" => {
                run.abort_asked = Some((by.clone(), reason.clone()));
            }
            Entry::UndoStarted { .. } => run.abort_asked = None,
            _ => {}
        }
        if let Some(id) = entry.step()
            && let Some(step) = run.steps.iter_mut().find(|step| step.planned.plan.id == id)
        {
            step.apply(at, entry);
        }
        Ok(())
    }
}

/// The answer that an entry gives to an inbox message.
fn answer(at: Timestamp, entry: &Entry) -> Option<(u64, Answer)> {
    let (command, accepted, reason) = match entry {
        Entry::Approved {
            step,
            expires,
            command,
            ..
        } => (
            (*command)?,
            true,
            format!("step `{step}` may start once, until {expires}"),
        ),
        Entry::Declined { step, command, .. } => (
            (*command)?,
            true,
            format!("step `{step}` is not started, the run pauses"),
        ),
        Entry::CommandAnswered {
            command,
            accepted,
            reason,
            ..
        } => (*command, *accepted, reason.clone()),
        _ => return None,
    };
    Some((command, Answer { accepted, reason, at }))
}

impl StepHistory {
    pub(crate) fn new(planned: PlannedStep) -> Self {
        Self {
            planned,
            started_at: None,
            ended_at: None,
            took: None,
            recovered: false,
            stands: false,
            evidence: Evidence::none(),
            verified: Evidence::none(),
            notes: Vec::new(),
            retries: 0,
            error: None,
            remark: None,
        }
    }

    fn apply(&mut self, at: Timestamp, entry: &Entry) {
        match entry {
            Entry::StepIntended { .. } => {
                self.started_at.get_or_insert(at);
                self.ended_at = None;
            }
            Entry::StepAlreadySo { evidence, .. } => {
                self.started_at.get_or_insert(at);
                self.ended_at = Some(at);
                self.stands = true;
                self.evidence = evidence.clone();
                self.error = None;
            }
            Entry::StepNoted { note, .. } => self.notes.push(note.clone()),
            Entry::StepRetried { error, .. } => {
                self.retries += 1;
                self.error = Some(error.clone());
            }
            Entry::StepDone {
                evidence,
                verified,
                took,
                recovered,
                ..
            } => {
                self.ended_at = Some(at);
                self.took = (!recovered).then_some(*took);
                self.recovered = *recovered;
                self.stands = true;
                self.evidence = evidence.clone();
                self.verified = verified.clone();
                self.error = None;
            }
            Entry::StepFailed { error, .. } | Entry::UndoFailed { error, .. } => {
                self.ended_at = Some(at);
                self.error = Some(error.clone());
            }
            Entry::UndoDone { .. } => {
                self.ended_at = Some(at);
                self.stands = false;
                self.notes.clear();
            }
            Entry::PointPassed { evidence, .. } => self.evidence = evidence.clone(),
            Entry::StepSkipped { why, .. } | Entry::UndoKept { reason: why, .. } => {
                self.ended_at = Some(at);
                self.remark = Some(why.clone());
            }
            _ => {}
        }
    }
}
