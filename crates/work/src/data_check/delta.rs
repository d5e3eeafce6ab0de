use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, ErrorKind};
use daybreak_model::{Position, RowRange, Scope, Table};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::changed::{Changed, Rows};
use super::sides::{Compared, Follower, Lead};
use super::{CheckReport, CheckSettings, Verdict, compare, report::TableReport, settle};

/// Most changed rows remembered; what is more waits in the server's log until these are compared. The pause would grow with
/// them: while there are more, the cut-over is refused.
const MOST_PENDING: usize = 100_000;

/// How long changes gather between two rounds of comparing them beside a full check.
const ROUND: Duration = Duration::from_secs(10);

/// Follows which rows change on the side that is written, and compares them as the other side catches up, so that what
/// is left to compare inside a cut-over's pause is what changed in the last moments.
pub struct Delta {
    lead: Lead,
    compared: Compared,
    follower: Follower,
    changed: Changed,
}

impl Delta {
    /// Begins to follow. Changes made before this call are the full check's business.
    ///
    /// # Errors
    /// When a server cannot be followed or read.
    pub async fn follow(
        source: &Arc<dyn Database>,
        compared: &Compared,
        scope: &Scope,
        tables: &[Table],
        settings: &CheckSettings,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            changed: Changed::new(source.changes(scope).await?, tables),
            lead: Lead::open(source, settings).await?,
            follower: Follower::open(compared, settings.hashing).await?,
            compared: compared.clone(),
        })
    }

    /// Rows remembered and not compared yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.changed.rows.len() + self.changed.whole.len()
    }

    /// Whether changes were missed for an error that asking again does not mend: all is to be compared anew.
    #[must_use]
    pub const fn has_lost_track(&self) -> bool {
        self.changed.lost.is_some()
    }

    /// Takes in what has changed so far.
    ///
    /// # Errors
    /// When following fails, or more changed than can be remembered.
    pub async fn take_in(&mut self) -> Result<(), EngineError> {
        if self.take_in_some().await? {
            return Ok(());
        }
        Err(self.error(format!(
            "failed to keep up with changes: {MOST_PENDING} rows or more are not compared yet"
        )))
    }

    /// Takes in what has changed so far, as far as it can be remembered; whether that is all.
    async fn take_in_some(&mut self) -> Result<bool, EngineError> {
        while self.changed.rows.len() < MOST_PENDING {
            if self.changed.take_in().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compares what has changed until now, however much, while writes go on: rows found the same are forgotten; rows that keep
    /// moving stay, and so do proven differences, which come back as a report. After an error everything is pending still, also
    /// what was compared already and told to nobody: it may be asked again.
    ///
    /// # Errors
    /// When a server fails or the target does not catch up, or more rows than can be remembered are not the same.
    pub async fn work_off(&mut self) -> Result<CheckReport, EngineError> {
        self.work_off_until(&AtomicBool::new(false)).await
    }

    /// The same until `over`, which is heeded between pieces: what is left is pending, or waits in the server's log.
    async fn work_off_until(&mut self, over: &AtomicBool) -> Result<CheckReport, EngineError> {
        let mut report = CheckReport::default();
        let mut open = Rows::new();
        let worked = self.work_off_pieces(&mut report, &mut open, over).await;
        self.changed.put_back(open);
        worked.map(|()| report)
    }

    /// Piece by piece until nothing is left, or it is over, or more than can be remembered is not the same and stands in `open`.
    async fn work_off_pieces(
        &mut self,
        report: &mut CheckReport,
        open: &mut Rows,
        over: &AtomicBool,
    ) -> Result<(), EngineError> {
        loop {
            let all = self.take_in_some().await?;
            let pending = self.changed.take_rows();
            if let Err(error) = self.settle(&pending, report, open).await {
                self.changed.put_back(pending);
                return Err(error);
            }
            if all || over.load(Ordering::Relaxed) {
                return Ok(());
            }
            if open.values().map(Vec::len).sum::<usize>() >= MOST_PENDING {
                return Err(self.error(format!(
                    "failed to compare what changed: {MOST_PENDING} rows or more are not the same"
                )));
            }
        }
    }

    /// Compares what changes while a full check goes on beside it, round after round, so that neither this memory nor the
    /// server's log grows with how long that takes. Returns what the check came to, and what the last whole round did: what it found
    /// is pending still. A round that fails is begun again, on new connections.
    pub async fn beside<T>(&mut self, check: impl Future<Output = T>) -> (T, CheckReport) {
        let ended = Notify::new();
        let over = AtomicBool::new(false);
        let checked = async {
            let checked = check.await;
            over.store(true, Ordering::Relaxed);
            ended.notify_one();
            checked
        };
        let rounds = async {
            let mut last = CheckReport::default();
            // A round ends between two pieces, never within one: rows that it took would be lost. Writes may be faster than rounds are.
            while timeout(ROUND, ended.notified()).await.is_err() {
                match self.work_off_until(&over).await {
                    Ok(report) => last = report,
                    Err(_) => self.reconnect().await,
                }
            }
            last
        };
        tokio::join!(checked, rounds)
    }

    /// Takes new connections, if there are any to be had; without, the next round says why.
    async fn reconnect(&mut self) {
        if let Ok(follower) = Follower::open(&self.compared, self.lead.settings.hashing).await
            && self.lead.reconnect().await.is_ok()
        {
            self.follower = follower;
        }
    }

    async fn settle(
        &mut self,
        pending: &Rows,
        report: &mut CheckReport,
        open: &mut Rows,
    ) -> Result<(), EngineError> {
        for (name, keys) in pending {
            let Some(table) = self.changed.tables.get(name) else {
                continue;
            };
            let mut outcome = TableReport::new(name.clone());
            outcome.rows = keys.len() as u64;
            let (lead, follower) = (&mut self.lead, &mut self.follower);
            let left = settle::rows(lead, follower, table, keys.clone(), &mut outcome).await?;
            if !left.is_empty() {
                open.entry(name.clone()).or_default().extend(left);
            }
            report.add(outcome);
        }
        Ok(())
    }

    /// Inside the pause: neither side is written, and the target has everything up to `position`. Follows to that
    /// position and compares all that is pending, exactly.
    ///
    /// # Errors
    /// When following does not reach the position within `deadline`, or a server fails; everything is pending still then.
    pub async fn finish(
        &mut self,
        position: &Position,
        deadline: Duration,
    ) -> Result<CheckReport, EngineError> {
        let started = Instant::now();
        loop {
            self.take_in().await?;
            if self
                .changed
                .followed_to
                .as_ref()
                .is_some_and(|reached| reached.covers(position))
            {
                break;
            }
            if started.elapsed() > deadline {
                return Err(self.error("failed to follow changes up to the fence in time".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let pending = self.changed.take_rows();
        let mut report = match self.compare(&pending).await {
            Ok(report) => report,
            Err(error) => {
                self.changed.put_back(pending);
                return Err(error);
            }
        };
        if report.verdict == Verdict::Same {
            self.changed.whole.clear();
        } else {
            // Not the same until it is found the same.
            self.changed.put_back(pending);
        }
        report.position = Some(position.clone());
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Compares these rows, and whole tables that changed in a way that names none.
    async fn compare(&mut self, pending: &Rows) -> Result<CheckReport, EngineError> {
        let mut report = CheckReport::default();
        for (name, keys) in pending {
            let Some(table) = self.changed.tables.get(name) else {
                continue;
            };
            let (here, there) = tokio::try_join!(
                self.lead.on.rows_by_key(table, keys),
                self.follower.on.rows_by_key(table, keys)
            )?;
            let mut outcome = TableReport::new(name.clone());
            outcome.rows = keys.len() as u64;
            let different: Vec<_> = keys
                .iter()
                .cloned()
                .zip(here.into_iter().zip(there))
                .filter(|(_, (here, there))| here != there)
                .map(|(key, (here, there))| compare::name(key, here, there))
                .collect();
            if !different.is_empty() {
                let count = different.len() as u64;
                outcome.differ(different, count, 20);
            }
            report.add(outcome);
        }
        for name in &self.changed.whole {
            let Some(table) = self.changed.tables.get(name) else {
                continue;
            };
            let (here, there) = tokio::try_join!(
                self.lead.on.chunk(table, &RowRange::Whole),
                self.follower.on.chunk(table, &RowRange::Whole)
            )?;
            let mut outcome = TableReport::new(name.clone());
            outcome.rows = here.rows;
            outcome.chunks = 1;
            if here != there {
                outcome.differ(Vec::new(), here.rows.abs_diff(there.rows).max(1), 0);
            }
            report.add(outcome);
        }
        Ok(report)
    }

    /// Stops following and leaves nothing behind.
    ///
    /// # Errors
    /// When the server cannot be told.
    pub async fn close(self) -> Result<(), EngineError> {
        self.changed.close().await
    }

    fn error(&self, what: String) -> EngineError {
        EngineError {
            server: self.lead.server.endpoint().to_string(),
            what,
            kind: ErrorKind::Other,
            code: None,
            hint: Some("cut over at a quieter moment".to_owned()),
            source: None,
        }
    }
}
