//! One source and any number of servers compared with it, range by range, all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, ErrorKind};
use daybreak_model::{ChunkDigest, RowRange, Table};
use futures_util::future::join_all;

use super::checkpoint::{Begun, Checkpoint};
use super::report::{CheckReport, TableReport};
use super::sides::{Compared, Follower, Lead};
use super::{CheckError, CheckSettings, settle};
use crate::{Observe, Progress, Throttle, WorkEvent};

/// How often a server that lost its connection is asked again.
const RETRIES: u32 = 3;

/// What came of one compared server.
#[derive(Debug)]
pub struct NodeReport {
    /// Label and address.
    pub server: String,
    /// What was compared.
    pub report: CheckReport,
    /// What ended its comparison early; tables that were not compared then are "could not tell".
    pub left: Option<EngineError>,
}

/// A compared server while the check goes on.
struct Node {
    compared: Compared,
    follower: Option<Follower>,
    report: CheckReport,
    left: Option<EngineError>,
}

impl Node {
    async fn open(compared: &Compared) -> Self {
        let opened = Follower::open(compared).await;
        let (follower, left) = match opened {
            Ok(follower) => (Some(follower), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            compared: compared.clone(),
            follower,
            report: CheckReport::default(),
            left,
        }
    }

    /// A range's digest; with a new connection where the one there was broke.
    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Option<Result<ChunkDigest, EngineError>> {
        let mut attempt = 0;
        loop {
            let digest = self.follower.as_mut()?.on.chunk(table, range).await;
            match digest {
                Err(error) if error.is_transient() && attempt < RETRIES => {
                    attempt += 1;
                    if let Err(error) = self.again(attempt).await {
                        return Some(Err(error));
                    }
                }
                other => return Some(other),
            }
        }
    }

    async fn again(&mut self, attempt: u32) -> Result<(), EngineError> {
        tokio::time::sleep(pause(attempt)).await;
        self.follower = Some(Follower::open(&self.compared).await?);
        Ok(())
    }

    /// Notes that it was not there any more.
    fn passed_over(&self, outcome: &mut TableReport) {
        let why = self.left.as_ref().map_or_else(String::new, in_words);
        outcome.doubt(format!("not compared: {why}"));
    }

    /// Takes an error in: a table's own is a doubt about that table, any other ends this server's comparison.
    fn trouble(&mut self, error: EngineError, outcome: &mut TableReport) {
        outcome.doubt(in_words(&error));
        let stuck = self.follower.as_ref().is_none_or(|follower| follower.stuck);
        if stuck || !is_of_a_table(&error) {
            self.follower = None;
            self.left = Some(error);
        }
    }
}

fn pause(attempt: u32) -> Duration {
    Duration::from_millis(300 * u64::from(attempt))
}

/// Whether another table may be compared all the same.
const fn is_of_a_table(error: &EngineError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Privilege | ErrorKind::SchemaChanged | ErrorKind::Unsupported | ErrorKind::Other
    )
}

fn in_words(error: &EngineError) -> String {
    let mut words = error.to_string();
    let cause = std::error::Error::source(error).map(ToString::to_string);
    for more in cause.iter().map(String::as_str).chain(error.hint()) {
        if !words.contains(more) {
            words = format!("{words}: {more}");
        }
    }
    words
}

/// Compares every table of `tables` of the source with each of `nodes`, a range at a time on all of them at once. With a
/// checkpoint, goes on where a check of the same things was broken off. A server that fails is left out from then on, and its
/// report says so.
///
/// # Errors
/// When the source fails, or the checkpoint cannot be written.
pub async fn check_nodes(
    source: &Arc<dyn Database>,
    nodes: &[Compared],
    tables: &[Table],
    settings: &CheckSettings,
    mut checkpoint: Option<&mut Checkpoint>,
    observer: &dyn Observe,
) -> Result<Vec<NodeReport>, CheckError> {
    let started = Instant::now();
    let throttle = Throttle::new(Arc::clone(source), settings.throttle.clone());
    let mut lead = Lead::open(source, settings).await?;
    let mut nodes: Vec<Node> = join_all(nodes.iter().map(Node::open)).await;
    let rows_expected: u64 = tables.iter().map(|table| table.estimated_rows).sum();
    let mut rows = 0;
    let mut last_wait = Instant::now();
    for table in tables {
        let known = checkpoint
            .as_ref()
            .and_then(|checkpoint| checkpoint.of(&table.name));
        let mut begun = match known {
            Some(begun) if begun.outcomes.len() == nodes.len() => begun,
            _ => {
                let begun = begin(&mut lead, table, nodes.len()).await?;
                if let Some(checkpoint) = checkpoint.as_mut() {
                    checkpoint.begin(&table.name, &begun.ranges)?;
                }
                begun
            }
        };
        for place in begun.done..begun.ranges.len() {
            throttle.pass(observer).await;
            if last_wait.elapsed() > settings.throttle.interval {
                stand_back(&mut nodes, settings, observer).await;
                last_wait = Instant::now();
            }
            let range = &begun.ranges[place];
            look(&mut lead, &mut nodes, table, range, &mut begun.outcomes).await?;
            // What a server missed that is gone is to be looked at when it is back: the check goes on from here then.
            let all_there = nodes.iter().all(|node| node.left.is_none());
            if let Some(checkpoint) = checkpoint.as_mut().filter(|_| all_there) {
                checkpoint.done(&table.name, place + 1, &begun.outcomes)?;
            }
            let seen = begun.outcomes.iter().map(|outcome| outcome.rows).max();
            let progress = Progress::new(rows + seen.unwrap_or(0), rows_expected, 0, started.elapsed());
            observer.event(WorkEvent::Progress(progress));
        }
        let seen = begun
            .outcomes
            .iter()
            .map(|outcome| outcome.rows)
            .max()
            .unwrap_or(0);
        rows += seen;
        observer.event(WorkEvent::TableDone {
            table: table.name.clone(),
            rows: seen,
        });
        for (node, outcome) in nodes.iter_mut().zip(begun.outcomes) {
            node.report.add(outcome);
        }
    }
    let position = source.position().await?;
    let reports = nodes.into_iter().map(|mut node| {
        node.report.position = Some(position.clone());
        node.report.seconds = started.elapsed().as_secs_f64();
        NodeReport {
            server: node.compared.server.endpoint().to_string(),
            report: node.report,
            left: node.left,
        }
    });
    Ok(reports.collect())
}

/// A table's ranges. One that the source will not let be read is a doubt for every server.
async fn begin(lead: &mut Lead, table: &Table, nodes: usize) -> Result<Begun, EngineError> {
    let mut outcomes = vec![TableReport::new(table.name.clone()); nodes];
    let (rows, bytes) = (lead.settings.range_rows, lead.settings.range_bytes);
    let ranges = match lead.on.split(table, rows, bytes).await {
        Err(error) if is_of_a_table(&error) => {
            let why = in_words(&error);
            outcomes.iter_mut().for_each(|outcome| outcome.doubt(why.clone()));
            lead.on = lead.server.checker().await?;
            Vec::new()
        }
        ranges => ranges?,
    };
    Ok(Begun {
        ranges,
        done: 0,
        outcomes,
    })
}

/// One range on all servers at once; what is not the same at the first look is settled server by server.
async fn look(
    lead: &mut Lead,
    nodes: &mut [Node],
    table: &Table,
    range: &RowRange,
    outcomes: &mut [TableReport],
) -> Result<(), EngineError> {
    if nodes.iter().all(|node| node.follower.is_none()) {
        for (node, outcome) in nodes.iter().zip(outcomes) {
            node.passed_over(outcome);
        }
        return Ok(());
    }
    let (here, there) = tokio::join!(
        lead_chunk(lead, table, range),
        join_all(nodes.iter_mut().map(|node| node.chunk(table, range)))
    );
    let here = match here {
        Err(error) if is_of_a_table(&error) => {
            let why = in_words(&error);
            outcomes.iter_mut().for_each(|outcome| outcome.doubt(why.clone()));
            return Ok(());
        }
        here => here?,
    };
    for ((node, outcome), there) in nodes.iter_mut().zip(outcomes).zip(there) {
        let there = match there {
            None => {
                node.passed_over(outcome);
                continue;
            }
            Some(Err(error)) => {
                node.trouble(error, outcome);
                continue;
            }
            Some(Ok(there)) => there,
        };
        outcome.chunks += 1;
        outcome.rows += here.rows;
        if here != there {
            outcome.rechecked += 1;
            settle_range(lead, node, table, range, outcome).await?;
        }
    }
    Ok(())
}

async fn lead_chunk(lead: &mut Lead, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
    let mut attempt = 0;
    loop {
        match lead.on.chunk(table, range).await {
            Err(error) if error.is_transient() && attempt < RETRIES => {
                attempt += 1;
                tokio::time::sleep(pause(attempt)).await;
                lead.on = lead.server.checker().await?;
            }
            other => return other,
        }
    }
}

/// Settles a range of one server. An error counts as the compared server's, unless the source does not answer either.
async fn settle_range(
    lead: &mut Lead,
    node: &mut Node,
    table: &Table,
    range: &RowRange,
    outcome: &mut TableReport,
) -> Result<(), EngineError> {
    let mut attempt = 0;
    loop {
        let Some(follower) = node.follower.as_mut() else {
            return Ok(());
        };
        let mut found = outcome.clone();
        let settled = match (&table.key, range) {
            (Some(_), RowRange::Keys(_) | RowRange::Whole) => {
                settle::by_rows(lead, follower, table, range, &mut found).await
            }
            (None, _) | (_, RowRange::Pages { .. }) => {
                settle::whole(lead, follower, table, range, &mut found).await
            }
        };
        let Err(error) = settled else {
            *outcome = found;
            return Ok(());
        };
        if !error.is_transient() || attempt == RETRIES {
            node.trouble(error, outcome);
            return Ok(());
        }
        attempt += 1;
        tokio::time::sleep(pause(attempt)).await;
        lead.on = lead.server.checker().await?;
        if let Err(error) = node.again(attempt).await {
            node.trouble(error, outcome);
        }
    }
}

/// Waits while a replica is too far behind: our reading may be what keeps it.
async fn stand_back(nodes: &mut [Node], settings: &CheckSettings, observer: &dyn Observe) {
    for node in nodes {
        let Some(follower) = node.follower.as_mut() else {
            continue;
        };
        let begun = Instant::now();
        while let Some(lag) = follower.lag_seconds().await
            && lag > settings.lag_seconds
            && begun.elapsed() < settings.patience
        {
            observer.event(WorkEvent::Waiting {
                why: format!(
                    "{} is {lag:.0} s behind, more than {:.0} s",
                    follower.server.endpoint(),
                    settings.lag_seconds
                ),
            });
            tokio::time::sleep(settings.throttle.interval).await;
        }
    }
}
