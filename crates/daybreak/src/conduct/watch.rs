use std::time::Duration;

use daybreak_runbook::{Entry, Event, Evidence, Progress, Signal, StepError, What};
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use crate::output::{self, Format};

/// Shows the event stream: for people on standard error, for programs as JSON lines on standard output.
pub(super) struct Watcher {
    task: JoinHandle<()>,
    over: oneshot::Sender<()>,
}

impl Watcher {
    pub(super) fn start(mut events: broadcast::Receiver<Event>, format: Format) -> Self {
        let (over, mut ended) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut face = Face::new(format);
            loop {
                tokio::select! {
                    biased;
                    event = events.recv() => match event {
                        Ok(event) => face.show(&event),
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => break,
                    },
                    _ = &mut ended => break,
                }
            }
            face.bar.finish_and_clear();
        });
        Self { task, over }
    }

    /// Ends after what was told before this call is shown.
    pub(super) async fn end(self) {
        let _ = self.over.send(());
        let _ = self.task.await;
    }
}

struct Face {
    format: Format,
    bar: ProgressBar,
}

impl Face {
    fn new(format: Format) -> Self {
        let bar = if format == Format::Text && output::is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(
            ProgressStyle::with_template("  {spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { format, bar }
    }

    fn show(&mut self, event: &Event) {
        if self.format == Format::Json {
            output::json(event);
            return;
        }
        match &event.what {
            What::Recorded(entry) => {
                if let Some(line) = describe(entry) {
                    self.bar.suspend(|| output::say(line));
                }
                if let Entry::StepIntended { step, .. } = entry {
                    self.bar.set_message(step.clone());
                }
            }
            What::Passing(Signal::Progress { step, progress }) => {
                self.bar.set_message(format!("{step}: {}", rate(progress)))
            }
            What::Passing(Signal::Waiting { why, .. } | Signal::Stopping { why }) => {
                self.bar.set_message(why.clone())
            }
        }
    }
}

/// One line per thing worth a line.
fn describe(entry: &Entry) -> Option<String> {
    let seconds = |took: &daybreak_runbook::Micros| Duration::from(*took).as_secs_f64();
    Some(match entry {
        Entry::RunStarted { play, .. } => play.clone(),
        Entry::RunResumed { .. } => "going on where it stopped".to_owned(),
        Entry::RunPaused { why } => format!("paused: {why}"),
        Entry::RunFailed { step, why } => format!("failed at {step}: {why}"),
        Entry::RunAborted { why } | Entry::RunRolledBack { why } => format!("taken back: {why}"),
        Entry::ApprovalAsked { step } => format!("  ? {step} waits for approval: daybreak approve {step}"),
        Entry::Approved { step, by, .. } => format!("  ✓ {step} approved by {by}"),
        Entry::Declined { step, by, why, .. } => format!("  ✗ {step} declined by {by}: {why}"),
        Entry::StepAlreadySo { step, .. } => format!("  = {step}: already so"),
        Entry::StepDone {
            step, took, evidence, ..
        } => format!("  ✓ {step:<22} {:>8.3} s{}", seconds(took), notes(evidence)),
        Entry::StepRetried { step, error, .. } => format!("  … {step} again after: {error}"),
        Entry::StepFailed { step, error, .. } => format!("  ✗ {step}: {}", with_hint(error)),
        Entry::StepSkipped { step, why } => format!("  - {step} skipped: {why}"),
        Entry::PointPassed { step, .. } => {
            format!("  ! {step} was done while nobody conducted: from here it only goes forward")
        }
        Entry::UndoDone { step, .. } => format!("  ↶ {step} taken back"),
        Entry::UndoKept { step, reason } => format!("  · {step} stays: {reason}"),
        Entry::UndoFailed { step, error, .. } => {
            format!("  ✗ {step} could not be taken back: {}", with_hint(error))
        }
        Entry::RunCompleted
        | Entry::CommandAnswered { .. }
        | Entry::StepIntended { .. }
        | Entry::StepNoted { .. }
        | Entry::UndoStarted { .. }
        | Entry::UndoIntended { .. } => return None,
    })
}

/// What works and should be known, a line each, where a step says such.
fn notes(evidence: &Evidence) -> String {
    let notes = evidence.get("notes").and_then(|notes| notes.as_array());
    let notes = notes.into_iter().flatten().filter_map(|note| note.as_str());
    notes.map(|note| format!("\n    note: {note}")).collect()
}

fn with_hint(error: &StepError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\n    hint: {hint}"),
        None => error.to_string(),
    }
}

/// How far a step has come, how fast, and how long it still takes.
pub(crate) fn rate(progress: &Progress) -> String {
    let mut text = HumanCount(progress.done).to_string();
    if let Some(total) = progress.total {
        text += &format!(" of about {}", HumanCount(total));
    }
    text += &format!(" {}", progress.unit);
    if let Some(rate) = progress.rate {
        text += &format!(", {rate:.0}/s");
    }
    if let Some(eta) = progress
        .eta_seconds
        .and_then(|eta| Duration::try_from_secs_f64(eta).ok())
    {
        text += &format!(", {} left", HumanDuration(eta));
    }
    text
}
