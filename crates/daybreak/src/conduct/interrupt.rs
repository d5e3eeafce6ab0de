//! Ctrl-C, `kill` and a terminal that is closed. Everywhere in a runbook a conductor may simply end: the same command goes on
//! where it stopped. In a pause that would leave applications waiting for whoever starts it again, so the pause comes to its
//! end first: moved, or taken back.

use daybreak_runbook::{History, Journal, RunStatus, StepStatus};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::AbortHandle;

use crate::exit::Trouble;
use crate::output;

/// The signals, with their numbers, which a shell adds to 128 for the exit status.
const SIGNALS: [(SignalKind, i32); 3] = [
    (SignalKind::hangup(), 1),
    (SignalKind::interrupt(), 2),
    (SignalKind::terminate(), 15),
];

/// Heeds them from now on, until it is aborted. One that was ignored when the program was started (`nohup`) stays so.
pub(super) fn heed(journal: Journal) -> Result<AbortHandle, Trouble> {
    let ignored = ignored();
    let mut heard: Vec<(Signal, i32)> = Vec::new();
    for (kind, number) in SIGNALS {
        if ignored & (1 << (number - 1)) == 0 {
            heard.push((signal(kind)?, number));
        }
    }
    #[expect(
        clippy::exit,
        reason = "ending anywhere is what the journal is made for; to return through every step would take its time"
    )]
    let heeding = tokio::spawn(async move {
        let number = next(&mut heard).await;
        if journal.look(in_a_pause).await {
            output::say("applications wait: stopping when they go on; once more to stop at once");
            tokio::select! {
                () = pause_ends(&journal) => {}
                _ = next(&mut heard) => {}
            }
        }
        output::say("stopped: the same command goes on from here");
        std::process::exit(128 + number);
    });
    Ok(heeding.abort_handle())
}

/// The set of signals that this process was told to ignore, as Linux shows it; elsewhere none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// The number of the signal that comes next.
async fn next(heard: &mut [(Signal, i32)]) -> i32 {
    std::future::poll_fn(|cx| {
        let number = heard
            .iter_mut()
            .find_map(|(signal, number)| signal.poll_recv(cx).is_ready().then_some(*number));
        number.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
    })
    .await
}

async fn pause_ends(journal: &Journal) {
    while journal.look(in_a_pause).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Whether a span has begun and is neither done nor taken back.
fn in_a_pause(history: &History) -> bool {
    let Some(run) = history.open() else { return false };
    if matches!(run.status.run, RunStatus::AwaitingApproval { .. }) {
        return false;
    }
    let in_span = run
        .steps
        .iter()
        .zip(&run.status.steps)
        .filter(|(step, _)| step.planned.span.is_some());
    let (mut begun, mut done) = (false, true);
    for (_, standing) in in_span {
        begun |= !matches!(standing.status, StepStatus::Pending | StepStatus::Undone);
        done &= standing.status.is_closed();
    }
    begun && !done
}
