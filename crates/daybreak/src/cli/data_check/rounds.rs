//! A check that never ends.

use std::time::{Duration, Instant};

use daybreak_work::{
    CheckError, Checkpoint, LastVerdict, NodeReport, Observe, SHARE_BESIDE_OTHERS, Since, Unreached, Verdict,
    check_nodes,
};
use tokio::signal::unix::{SignalKind, signal};

use super::events::{Event, Known};
use super::ground::Ground;
use super::{VERDICT, exit, stopped};
use crate::exit::{Exit, Trouble};
use crate::output::Format;

/// Where a round keeps what it has come to.
const ROUND: &str = "data-check-watch.jsonl";
/// Where what is known not to be the same stands.
const DRIFT: &str = "data-check-drift.json";
/// How long a source that does not answer is left alone.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// Rounds begin no sooner after one another: of small tables they would be all questions and no rows.
const SHORTEST_ROUND: Duration = Duration::from_secs(1);

/// Compares round after round until it is told to end, and tells what it finds.
pub(super) async fn watch(
    mut ground: Ground,
    unreached: &[Unreached],
    wanted: &[String],
    most: Option<u64>,
    format: Format,
) -> Result<Exit, Trouble> {
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let known = Known::open(ground.file(DRIFT)?, format)?;
    let source = ground.source.endpoint().to_string();
    Event::Watching {
        source: &source,
        nodes: ground.addresses(),
        tables: ground.tables.len(),
        share_percent: ground.settings.share.unwrap_or(SHARE_BESIDE_OTHERS),
    }
    .tell(format);
    for server in unreached {
        known.lost(&server.name, &server.why);
    }
    let (mut rounds, mut last) = (0, Verdict::CouldNotTell);
    let watching = async {
        while most.is_none_or(|most| rounds < most) {
            let begun = Instant::now();
            match round(&mut ground, wanted, &known).await {
                Ok(reports) => {
                    known.back(&source);
                    known.settle(&reports);
                    rounds += 1;
                    last = told(rounds, &reports, unreached, &known, begun, format);
                }
                Err(CheckError::Engine(error)) => {
                    known.lost(&source, &error.in_words());
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(error) => return Err(stopped(error)),
            }
            tokio::time::sleep(SHORTEST_ROUND.saturating_sub(begun.elapsed())).await;
        }
        Ok(())
    };
    tokio::select! {
        ended = watching => ended?,
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    let verdict = if known.drifts() > 0 {
        Verdict::Different
    } else {
        last
    };
    Event::Ended { verdict, rounds }.tell(format);
    Ok(exit(verdict))
}

/// One round, or what is left of one that was broken off.
async fn round(ground: &mut Ground, wanted: &[String], known: &Known) -> Result<Vec<NodeReport>, CheckError> {
    let mut tables = ground.source.tables(&ground.scope).await?;
    tables.retain(|table| wanted.is_empty() || wanted.contains(&table.name.to_string()));
    ground.tables = tables;
    let path = ground.file(ROUND)?;
    let mut checkpoint = Checkpoint::open(&path, &ground.described())?;
    if checkpoint.since().is_none()
        && let Ok(since) = Since::now(ground.source.as_ref()).await
    {
        checkpoint.begin_at(since)?;
    }
    known.back(&ground.source.endpoint().to_string());
    let nodes = ground.compared();
    let (source, settings) = (&ground.source, &ground.settings);
    let reports = check_nodes(
        source,
        &nodes,
        &ground.tables,
        settings,
        Some(&mut checkpoint),
        known,
    )
    .await?;
    if let Some(since) = checkpoint.since().filter(|_| wanted.is_empty()) {
        let verdict = LastVerdict::new(since.clone(), ground.addresses(), &ground.tables, &reports);
        verdict.write(&ground.file(VERDICT)?)?;
        // What a slot keeps for `--delta` need not be kept from before that; an account that may not say so leaves it.
        drop(ground.source.release_changes(&since.log).await);
    }
    std::fs::remove_file(&path)?;
    Ok(reports)
}

/// Tells what a round came to.
fn told(
    round: u64,
    reports: &[NodeReport],
    unreached: &[Unreached],
    known: &Known,
    begun: Instant,
    format: Format,
) -> Verdict {
    let verdicts: Vec<Verdict> = reports.iter().map(|node| node.report.verdict).collect();
    let left = !unreached.is_empty() || reports.iter().any(|node| node.left.is_some());
    let drifts = known.drifts();
    let verdict = if drifts > 0 || verdicts.contains(&Verdict::Different) {
        Verdict::Different
    } else if left || verdicts.contains(&Verdict::CouldNotTell) {
        Verdict::CouldNotTell
    } else {
        Verdict::Same
    };
    let never = unreached
        .iter()
        .map(|server| format!("{} ({})", server.name, server.why));
    let untold = never.chain(reports.iter().flat_map(|node| {
        let doubts = node.report.doubts();
        doubts.into_iter().map(|why| format!("{}: {why}", node.server))
    }));
    Event::Round {
        round,
        verdict,
        rows: reports.iter().map(|node| node.report.rows).max().unwrap_or(0),
        drifts,
        seconds: begun.elapsed().as_secs_f64(),
        untold: untold.collect(),
    }
    .tell(format);
    verdict
}
