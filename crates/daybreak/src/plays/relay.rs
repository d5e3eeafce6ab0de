use std::future::Future;
use std::sync::Arc;

use daybreak_runbook::{Context, Progress, StepError};
use daybreak_work::{Observe, WorkEvent};
use tokio::sync::mpsc;

/// Carries what work tells from its tasks to the step that waits for it.
struct Relay(mpsc::UnboundedSender<WorkEvent>);

impl Observe for Relay {
    fn event(&self, event: WorkEvent) {
        // Nobody listens any more only after the step gave way; what is told then is of no use.
        let _ = self.0.send(event);
    }
}

/// Runs `work` while showing what it tells as the step's progress; gives way when the operator wants the step to stop.
/// Dropping the work is safe: whatever it left half is taken up when the step is started again.
pub(super) async fn shown<T, W>(
    cx: &Context,
    unit: &str,
    work: impl FnOnce(Arc<dyn Observe>) -> W,
) -> Result<T, StepError>
where
    W: Future<Output = Result<T, StepError>>,
{
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = work(Arc::new(Relay(sender)));
    tokio::pin!(work);
    let mut table = String::new();
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = cx.stop_requested() => return Err(StepError::stopped()),
            Some(event) = events.recv() => show(cx, unit, &mut table, event),
        }
    }
}

fn show(cx: &Context, unit: &str, table: &mut String, event: WorkEvent) {
    match event {
        WorkEvent::Progress(progress) => cx.progress(Progress {
            what: table.clone(),
            done: progress.rows,
            total: Some(progress.rows_expected),
            unit: unit.to_owned(),
            rate: Some(progress.rows_per_second),
            eta_seconds: progress.eta_seconds,
        }),
        WorkEvent::TableDone { table: done, .. } => *table = done.to_string(),
        WorkEvent::Doing { what } | WorkEvent::Waiting { why: what } | WorkEvent::Retrying { why: what } => {
            cx.waiting(what)
        }
    }
}
