use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, ErrorKind, Replication};
use daybreak_model::{Position, RowRange, Scope, Table};

use super::changed::{Changed, Rows};
use super::sides::{Compared, Follower, Follows, Lead};
use super::{CheckReport, CheckSettings, compare, report::TableReport, settle};

/// Most changed rows remembered; beyond it the pause would grow with them, and the cut-over is refused instead.
const MOST_PENDING: usize = 100_000;

/// Follows which rows change on the side that is written, and compares them as the other side catches up, so that what
/// is left to compare inside a cut-over's pause is what changed in the last moments.
pub struct Delta {
    lead: Lead,
    follower: Follower,
    changed: Changed,
}

impl Delta {
    /// Begins to follow. Changes made before this call are the full check's business. `link` is the running replication
    /// from source to target.
    ///
    /// # Errors
    /// When a server cannot be followed or read.
    pub async fn follow(
        source: &Arc<dyn Database>,
        target: &Arc<dyn Database>,
        link: &Arc<dyn Replication>,
        scope: &Scope,
        tables: &[Table],
        settings: &CheckSettings,
    ) -> Result<Self, EngineError> {
        let compared = Compared {
            server: Arc::clone(target),
            follows: Follows::Link(Arc::clone(link)),
        };
        Ok(Self {
            changed: Changed::new(source.changes(scope).await?, tables),
            lead: Lead::open(source, settings).await?,
            follower: Follower::open(&compared, settings.hashing).await?,
        })
    }

    /// Rows remembered and not compared yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.changed.rows.len() + self.changed.whole.len()
    }

    /// Takes in what has changed so far.
    ///
    /// # Errors
    /// When following fails, or more changed than can be remembered.
    pub async fn take_in(&mut self) -> Result<(), EngineError> {
        self.changed.take_in().await?;
        if self.changed.rows.len() > MOST_PENDING {
            return Err(self.error(format!(
                "failed to keep up with changes: over {MOST_PENDING} rows are not compared yet"
            )));
        }
        Ok(())
    }

    /// Compares what is pending while writes go on: rows found the same are forgotten, rows that keep moving stay, and
    /// proven differences come back as a report. After an error everything is pending still, also what was compared already and
    /// told to nobody: it may be asked again.
    ///
    /// # Errors
    /// When a server fails or the target does not catch up.
    pub async fn work_off(&mut self) -> Result<CheckReport, EngineError> {
        self.take_in().await?;
        let pending = self.changed.take_rows();
        let settled = self.settle(&pending).await;
        if settled.is_err() {
            self.changed.put_back(pending);
        }
        settled
    }

    async fn settle(&mut self, pending: &Rows) -> Result<CheckReport, EngineError> {
        let mut report = CheckReport::default();
        for (name, keys) in pending {
            let Some(table) = self.changed.tables.get(name) else {
                continue;
            };
            let mut outcome = TableReport::new(name.clone());
            outcome.rows = keys.len() as u64;
            let (lead, follower) = (&mut self.lead, &mut self.follower);
            settle::rows(lead, follower, table, keys.clone(), &mut outcome).await?;
            report.add(outcome);
        }
        Ok(report)
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
        self.changed.whole.clear();
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
