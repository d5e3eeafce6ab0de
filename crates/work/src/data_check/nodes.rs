//! One source and any number of servers compared with it, all at once, a table at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError};
use daybreak_model::{KeyBound, RowRange, Table};
use futures_util::future::join_all;

use super::checkpoint::{Begun, Checkpoint};
use super::look::{look, look_at_rows};
use super::node::{Node, NodeReport, in_words, is_of_a_table};
use super::pace::{Pace, rest};
use super::report::{TableReport, TableVerdict};
use super::sides::{Compared, Lead};
use super::{CheckError, CheckSettings, SHARE_BESIDE_OTHERS};
use crate::{Observe, Progress, Throttle, WorkEvent};

/// How long a lost server is left alone: one that does not answer holds up the check each time.
const REOPEN_AFTER: Duration = Duration::from_secs(30);

/// A check of several servers that goes on, table by table.
pub(super) struct NodesCheck<'a> {
    pub(super) lead: Lead,
    pub(super) nodes: Vec<Node>,
    throttle: Throttle,
    observer: &'a dyn Observe,
    started: Instant,
    last_wait: Instant,
    last_reopened: Instant,
    rows: u64,
    rows_expected: u64,
}

impl<'a> NodesCheck<'a> {
    pub(super) async fn open(
        source: &Arc<dyn Database>,
        nodes: &[Compared],
        settings: &CheckSettings,
        rows_expected: u64,
        observer: &'a dyn Observe,
    ) -> Result<Self, EngineError> {
        let lead = Lead::open(source, settings).await?;
        let nodes = join_all(
            nodes
                .iter()
                .map(|node| Node::open(node, source, settings.hashing)),
        )
        .await;
        let check = Self {
            nodes,
            lead,
            throttle: Throttle::giving_way(Arc::clone(source), settings.throttle.clone()),
            observer,
            started: Instant::now(),
            last_wait: Instant::now(),
            last_reopened: Instant::now(),
            rows: 0,
            rows_expected,
        };
        check.tell_of_servers();
        Ok(check)
    }

    /// Tries lost servers again, where that is wanted.
    pub(super) async fn reopen(&mut self) {
        if !self.lead.settings.reopen || self.last_reopened.elapsed() < REOPEN_AFTER {
            return;
        }
        self.last_reopened = Instant::now();
        for node in &mut self.nodes {
            if node.follower.is_none() {
                node.reopen(&self.lead.server).await;
            }
        }
        self.tell_of_servers();
    }

    /// Whether no server is lost. What one that is gone misses is to be looked at when it is back: a check that is begun once more
    /// goes on from there.
    pub(super) fn all_there(&self) -> bool {
        self.nodes.iter().all(|node| node.left.is_none())
    }

    /// Tells which servers are lost, and which are there.
    pub(super) fn tell_of_servers(&self) {
        for node in &self.nodes {
            let server = node.compared.server.endpoint().to_string();
            match &node.left {
                Some(error) => self.observer.lost(&server, &in_words(error)),
                None => self.observer.back(&server),
            }
        }
    }

    /// Compares a table, all of it.
    pub(super) async fn table(
        &mut self,
        table: &Table,
        mut checkpoint: Option<&mut Checkpoint>,
    ) -> Result<(), CheckError> {
        self.reopen().await;
        let known = checkpoint
            .as_ref()
            .and_then(|checkpoint| checkpoint.of(&table.name));
        let mut begun = match known {
            Some(begun) if begun.outcomes.len() == self.nodes.len() => begun,
            _ => {
                let begun = begin(&mut self.lead, table, self.nodes.len()).await?;
                if let Some(checkpoint) = checkpoint.as_mut() {
                    checkpoint.begin(&table.name, &begun.ranges)?;
                }
                begun
            }
        };
        let mut pace = Pace::new(self.lead.settings.chunk_time);
        while begun.done < begun.ranges.len() {
            self.pass().await;
            let begun_at = Instant::now();
            let known: Vec<usize> = begun.outcomes.iter().map(named).collect();
            let units = next_units(&begun.ranges[begun.done..], &pace);
            let in_turn = self.beside_others().await;
            let (lead, nodes) = (&mut self.lead, &mut self.nodes);
            let took = look(lead, nodes, table, units, in_turn, &mut begun.outcomes).await?;
            if let Some(took) = took {
                pace.took(units.len(), took);
            }
            begun.done += units.len();
            if let Some(checkpoint) = checkpoint.as_mut().filter(|_| self.all_there()) {
                checkpoint.done(&table.name, begun.done, &begun.outcomes)?;
            }
            self.tell(table, &known, &begun.outcomes);
            self.progress(&begun.outcomes);
            self.give_way(begun_at.elapsed()).await;
        }
        self.done(table, begun.outcomes);
        Ok(())
    }

    /// Compares rows of a table by their keys.
    pub(super) async fn rows(&mut self, table: &Table, keys: &[KeyBound]) -> Result<(), CheckError> {
        const KEYS_AT_ONCE: usize = 500;
        let mut outcomes = vec![TableReport::new(table.name.clone()); self.nodes.len()];
        for some in keys.chunks(KEYS_AT_ONCE) {
            self.pass().await;
            let begun_at = Instant::now();
            let known: Vec<usize> = outcomes.iter().map(named).collect();
            look_at_rows(&mut self.lead, &mut self.nodes, table, some, &mut outcomes).await?;
            self.tell(table, &known, &outcomes);
            self.progress(&outcomes);
            self.give_way(begun_at.elapsed()).await;
        }
        if keys.is_empty() {
            for (node, outcome) in self.nodes.iter().zip(&mut outcomes) {
                if node.follower.is_none() {
                    node.passed_over(outcome);
                }
            }
        }
        self.done(table, outcomes);
        Ok(())
    }

    /// What was found on each server.
    pub(super) async fn end(self) -> Result<Vec<NodeReport>, CheckError> {
        let position = self.lead.server.position().await?;
        let seconds = self.started.elapsed().as_secs_f64();
        let reports = self.nodes.into_iter().map(|mut node| {
            node.report.position = Some(position.clone());
            node.report.seconds = seconds;
            NodeReport {
                server: node.compared.server.endpoint().to_string(),
                report: node.report,
                left: node.left,
            }
        });
        Ok(reports.collect())
    }

    pub(super) fn done(&mut self, table: &Table, outcomes: Vec<TableReport>) {
        let seen = most_rows(&outcomes);
        self.rows += seen;
        self.observer.event(WorkEvent::TableDone {
            table: table.name.clone(),
            rows: seen,
        });
        for (node, outcome) in self.nodes.iter_mut().zip(outcomes) {
            node.report.add(outcome);
        }
    }

    /// Tells of the rows that were proven different since `known` of each server were.
    fn tell(&self, table: &Table, known: &[usize], outcomes: &[TableReport]) {
        self.tell_of_servers();
        for ((node, outcome), known) in self.nodes.iter().zip(outcomes).zip(known) {
            if let TableVerdict::Different { rows, .. } = &outcome.verdict {
                let server = node.compared.server.endpoint().to_string();
                for row in rows.iter().skip(*known) {
                    self.observer.drift(row.drift(&server, &table.name));
                }
            }
        }
    }

    pub(super) fn progress(&self, outcomes: &[TableReport]) {
        let rows = self.rows + most_rows(outcomes);
        let progress = Progress::new(rows, self.rows_expected, 0, self.started.elapsed());
        self.observer.event(WorkEvent::Progress(progress));
    }

    /// Returns when neither the source nor a replica keeps the check waiting.
    pub(super) async fn pass(&mut self) {
        self.throttle.pass(self.observer).await;
        let settings = &self.lead.settings;
        if self.last_wait.elapsed() > settings.throttle.interval {
            stand_back(&self.lead.server, &mut self.nodes, settings, self.observer).await;
            self.last_wait = Instant::now();
        }
    }

    /// Whether it is to go gently for the sake of others, of its own accord: no more than one server is kept busy at a time then.
    pub(super) async fn beside_others(&mut self) -> bool {
        self.lead.settings.share.is_none() && self.throttle.others_at_work().await
    }

    /// Rests, so that the check has no larger share of the time than it may.
    pub(super) async fn give_way(&mut self, worked: Duration) {
        /// Shorter rests are not worth a word.
        const WORTH_A_WORD: Duration = Duration::from_millis(100);
        let set = self.lead.settings.share;
        let (share, why) = match (set, self.beside_others().await) {
            (Some(share), _) => (share, ""),
            (None, true) => (SHARE_BESIDE_OTHERS, ", beside others at work"),
            (None, false) => return,
        };
        let rest = rest(worked, share);
        if rest > WORTH_A_WORD {
            self.observer.event(WorkEvent::Waiting {
                why: format!(
                    "resting {:.1} s: the check has {share}% of the time{why}",
                    rest.as_secs_f64()
                ),
            });
        }
        tokio::time::sleep(rest).await;
    }
}

/// How many differing rows are named.
const fn named(outcome: &TableReport) -> usize {
    match &outcome.verdict {
        TableVerdict::Different { rows, .. } => rows.len(),
        TableVerdict::Same | TableVerdict::CouldNotTell(_) => 0,
    }
}

fn most_rows(outcomes: &[TableReport]) -> u64 {
    outcomes.iter().map(|outcome| outcome.rows).max().unwrap_or(0)
}

/// A table's ranges. One that the source will not let be read is a doubt for every server.
async fn begin(lead: &mut Lead, table: &Table, nodes: usize) -> Result<Begun, EngineError> {
    let mut outcomes = vec![TableReport::new(table.name.clone()); nodes];
    let (rows, bytes) = (lead.settings.range_rows, lead.settings.range_bytes);
    let ranges = match lead.on.split(table, rows, bytes).await {
        Err(error) if is_of_a_table(&error) => {
            let why = in_words(&error);
            outcomes.iter_mut().for_each(|outcome| outcome.doubt(why.clone()));
            lead.reconnect().await?;
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

/// The units that the next chunk joins: neighbours, as many as the pace allows.
fn next_units<'a>(left: &'a [RowRange], pace: &Pace) -> &'a [RowRange] {
    let most = &left[..left.len().min(pace.units())];
    if RowRange::joined(most).is_some() {
        most
    } else {
        &left[..1]
    }
}

/// Waits while a replica is too far behind: our reading may be what keeps it.
async fn stand_back(
    source: &Arc<dyn Database>,
    nodes: &mut [Node],
    settings: &CheckSettings,
    observer: &dyn Observe,
) {
    for node in nodes {
        let Some(follower) = node.follower.as_mut() else {
            continue;
        };
        let begun = Instant::now();
        while let Some(lag) = follower.lag_seconds(source).await
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
