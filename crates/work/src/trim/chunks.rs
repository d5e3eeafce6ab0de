//! Rows deleted in transactions of a size that follows how long they take, each tried again where it was broken off.

use std::time::{Duration, Instant};

use daybreak_engine::{Deleted, EngineError, ErrorKind, StoredRow, Trim};
use daybreak_model::{KeyRange, RowRange};

use super::brake::Brake;
use super::error::TrimError;
use super::plan::TrimPart;
use super::settle::keys_still_there;
use crate::{Observe, WorkEvent};

/// Rows of the first transaction; later ones follow how long the last took.
const FIRST: usize = 500;
const LEAST: usize = 50;
/// A transaction that took longer is followed by a smaller one, and one that took less than half of it by a larger.
const TIME: Duration = Duration::from_millis(200);
/// How often a transaction that was broken off is tried again.
const RETRIES: u32 = 8;
/// The same for one that could not have its locks: its rows stay then.
const LOCK_RETRIES: u32 = 2;

/// What became of the rows of a transaction.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Rows that are gone.
    pub(super) gone: u64,
    /// Rows that stay, by the reason.
    pub(super) changed: u64,
    pub(super) referred: u64,
    pub(super) locked: u64,
    /// Their places.
    pub(super) kept: Vec<usize>,
}

/// Deletes rows, transaction by transaction.
pub(super) struct Chunks<'a> {
    brake: Brake,
    most: usize,
    next: usize,
    /// How long the last commit took.
    commit: Duration,
    observer: &'a dyn Observe,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(brake: Brake, most: usize, observer: &'a dyn Observe) -> Self {
        let most = most.max(1);
        Self {
            brake,
            most,
            next: FIRST.min(most),
            commit: Duration::ZERO,
            observer,
        }
    }

    /// How many rows the next transaction takes.
    pub(super) const fn size(&self) -> usize {
        self.next
    }

    /// Returns when production lets us go on.
    pub(super) async fn pass(&mut self) {
        self.brake.pass(self.commit, self.observer).await;
        self.commit = Duration::ZERO;
    }

    /// Deletes rows in one transaction. They lie in `range`.
    pub(super) async fn delete(
        &mut self,
        trimmer: &mut dyn Trim,
        part: &TrimPart,
        range: &RowRange,
        rows: &[StoredRow],
    ) -> Result<Outcome, TrimError> {
        let mut outcome = Outcome::default();
        // Rows whose transaction is not known to have ended, by their places.
        let mut places: Vec<usize> = (0..rows.len()).collect();
        let mut again: Vec<StoredRow> = Vec::new();
        let mut attempt = 0;
        loop {
            self.pass().await;
            let some = if attempt == 0 { rows } else { &again };
            let begun = Instant::now();
            let error = match trimmer
                .delete(&part.table, &part.filter, some, &part.referring)
                .await
            {
                Ok(deleted) => {
                    self.commit = deleted.commit;
                    self.pace(begun.elapsed());
                    outcome.take(deleted, &places);
                    return Ok(outcome);
                }
                Err(error) => error,
            };
            if error.kind == ErrorKind::Lock {
                self.smaller();
                // One transaction that somebody forgot open keeps no run from its end.
                if attempt >= LOCK_RETRIES {
                    outcome.locked += places.len() as u64;
                    outcome.kept.append(&mut places);
                    return Ok(outcome);
                }
            }
            let is_undone = error.kind == ErrorKind::Lock;
            attempt += 1;
            self.wait(attempt, error, part).await?;
            again = some.to_vec();
            if !is_undone {
                // A commit whose answer was lost may have gone through: what is not there any more went with it.
                let left = self.left(trimmer, part, range, &again).await?;
                outcome.gone += (again.len() - left.len()) as u64;
                again = left.iter().map(|place| again[*place].clone()).collect();
                places = left.iter().map(|place| places[*place]).collect();
                if places.is_empty() {
                    return Ok(outcome);
                }
            }
        }
    }

    /// Waits before the next attempt, if there is to be one.
    async fn wait(&self, attempt: u32, error: EngineError, part: &TrimPart) -> Result<(), TrimError> {
        if !error.is_transient() || attempt > RETRIES {
            return Err(error.into());
        }
        self.observer.event(WorkEvent::Retrying {
            why: format!("rows of {}: {}", part.table.name, error.in_words()),
        });
        tokio::time::sleep(Duration::from_millis(250 * u64::from(attempt))).await;
        Ok(())
    }

    /// The places of rows that are there still.
    async fn left(
        &self,
        trimmer: &mut dyn Trim,
        part: &TrimPart,
        range: &RowRange,
        rows: &[StoredRow],
    ) -> Result<Vec<usize>, TrimError> {
        let after = match range {
            RowRange::Keys(range) => range.after.clone(),
            RowRange::Whole | RowRange::Pages { .. } => None,
        };
        let range = RowRange::Keys(KeyRange {
            after,
            up_to: rows.last().map(|row| row.key.clone()),
        });
        let mut attempt = 0;
        loop {
            match keys_still_there(trimmer, &part.table, &range, rows).await {
                Err(TrimError::Engine(error)) => {
                    attempt += 1;
                    self.wait(attempt, error, part).await?;
                }
                other => return other,
            }
        }
    }

    fn smaller(&mut self) {
        self.next = (self.next / 2).max(LEAST.min(self.most));
    }

    fn pace(&mut self, took: Duration) {
        if took > TIME {
            self.smaller();
        } else if took < TIME / 2 {
            self.next = (self.next + self.next / 2 + 1).min(self.most);
        }
    }
}

impl Outcome {
    fn take(&mut self, deleted: Deleted, places: &[usize]) {
        self.gone += deleted.rows;
        self.changed += deleted.changed.len() as u64;
        self.referred += deleted.referred.len() as u64;
        let kept = deleted.changed.into_iter().chain(deleted.referred);
        self.kept.extend(kept.map(|place| places[place]));
    }
}
