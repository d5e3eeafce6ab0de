//! Plans carried out, one after the other, and kept in the list of runs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daybreak_work::{TrimReport, left_aside, trim};
use tokio::signal::unix::{SignalKind, signal};

use super::super::bar::Bar;
use super::{Ground, failed};
use crate::exit::Trouble;
use crate::output;

/// The list of runs, in the state folder.
const RUNS: &str = "runs.jsonl";

/// Carries plans out. Told to stop (Ctrl-C, `kill`), it ends after the transaction at hand; told twice, at once.
pub(in crate::cli) async fn carry_out(ground: &Ground) -> Result<Vec<TrimReport>, Trouble> {
    if let Some(server) = ground.unreached.first()
        && !ground.ignore_unreached
    {
        return Err(Trouble::new(
            anyhow::anyhow!("a server of the estate cannot be asked how far it is behind: {server}"),
            Some(
                "name it with `--also HOST:PORT` (in the plan `migration.also`), or `--ignore-unreached` (`trim.ignore_unreached`)",
            ),
        ));
    }
    for plan in &ground.plans {
        plan.may_be_carried_out().map_err(failed)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let heeding = heed(&stop)?;
    let mut reports = Vec::with_capacity(ground.plans.len());
    for plan in &ground.plans {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let lock = ground.state.join(format!("{}.lock", plan.rule));
        let bar = Bar::new();
        let replicas = ground.replicas.clone();
        let done = trim(&ground.server, replicas, plan, &ground.limits, &lock, &stop, &bar).await;
        drop(bar);
        let report = done.map_err(failed)?;
        keep(&ground.state, &report)?;
        reports.push(report);
    }
    heeding.abort();
    // What these runs did not settle is of a rule that was not among them, or is in the plan no more.
    match left_aside(&ground.server, &ground.plans).await {
        Ok(left) => {
            for left in left {
                output::say(super::super::plain(&left.in_words()));
            }
        }
        // What was done is told all the same.
        Err(error) => output::say(super::super::plain(&format!(
            "whether anything else is set aside could not be told: {error}"
        ))),
    }
    Ok(reports)
}

fn heed(stop: &Arc<AtomicBool>) -> Result<tokio::task::AbortHandle, Trouble> {
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = Arc::clone(stop);
    #[expect(clippy::exit, reason = "ending anywhere is what the manifest is made for")]
    let heeding = tokio::spawn(async move {
        for number in [0, 2] {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            if number > 0 {
                std::process::exit(128 + number);
            }
            output::say("stopping after the transaction at hand; once more to stop at once");
            stop.store(true, Ordering::Relaxed);
        }
    });
    Ok(heeding.abort_handle())
}

/// Adds a run to the list.
fn keep(state: &Path, report: &TrimReport) -> Result<(), Trouble> {
    let path = state.join(RUNS);
    let mut line = serde_json::to_string(report)?;
    line.push('\n');
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_data()));
    written.map_err(|error| anyhow::anyhow!("failed to write to {}: {error}", path.display()))?;
    Ok(())
}
