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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use daybreak_engine::{
        Deleted, EngineError, ErrorKind, Fetch, StoredRow, TriggerEvent, Trim, TrimObstacle, Values, database,
    };
    use daybreak_model::{
        Endpoint, ForeignKey, KeyBound, KeyPart, RowFilter, RowRange, Secret, Table, TableName, ValueForm,
    };

    use super::super::brake::{Brake, TrimLimits};
    use super::super::plan::TrimPart;
    use super::Chunks;
    use crate::Silent;

    fn row(number: i128, text: &str) -> StoredRow {
        StoredRow {
            key: KeyBound(vec![KeyPart::Integer(number)]),
            values: vec![Some(text.as_bytes().to_vec())],
        }
    }

    fn number(row: &StoredRow) -> i128 {
        match row.key.0[0] {
            KeyPart::Integer(number) => number,
            _ => panic!("keys are numbers"),
        }
    }

    fn error(kind: ErrorKind) -> EngineError {
        EngineError {
            server: "db1:3306".to_owned(),
            what: "failed to commit".to_owned(),
            kind,
            code: None,
            hint: None,
            source: None,
        }
    }

    /// A table, and what its server says to each transaction: whether it is carried out, and with which error.
    struct Server {
        rows: BTreeMap<i128, StoredRow>,
        says: Vec<(bool, ErrorKind)>,
    }

    #[async_trait]
    impl Trim for Server {
        async fn hold(&mut self, _name: &str) -> Result<(), EngineError> {
            Ok(())
        }

        async fn obstacles(&mut self, _: &Table) -> Result<Vec<TrimObstacle>, EngineError> {
            Ok(Vec::new())
        }

        async fn triggers(&mut self, _: &Table, _: TriggerEvent) -> Result<Vec<String>, EngineError> {
            Ok(Vec::new())
        }

        async fn understands(&mut self, _: &Table, _: &RowFilter) -> Result<(), EngineError> {
            Ok(())
        }

        fn condition(&self, _: &Table, _: &RowFilter) -> String {
            String::new()
        }

        async fn count(&mut self, _: &Table, _: &RowRange, _: &RowFilter) -> Result<u64, EngineError> {
            Ok(self.rows.len() as u64)
        }

        async fn rows(
            &mut self,
            _: &Table,
            range: &RowRange,
            _: &RowFilter,
            _: Fetch,
        ) -> Result<Vec<StoredRow>, EngineError> {
            let after = match range {
                RowRange::Keys(range) => range.after.as_ref(),
                _ => None,
            };
            let rows = self.rows.values().filter(|row| {
                after.is_none_or(|after| {
                    number(row)
                        > number(&StoredRow {
                            key: after.clone(),
                            values: Vec::new(),
                        })
                })
            });
            Ok(rows.take(2).cloned().collect())
        }

        async fn delete(
            &mut self,
            _: &Table,
            _: &RowFilter,
            rows: &[StoredRow],
            _: &[ForeignKey],
        ) -> Result<Deleted, EngineError> {
            let says = if self.says.is_empty() {
                None
            } else {
                Some(self.says.remove(0))
            };
            let mut deleted = Deleted::default();
            for (place, row) in rows.iter().enumerate() {
                if self.rows.get(&number(row)) != Some(row) {
                    deleted.changed.push(place);
                } else {
                    deleted.rows += 1;
                    if says.is_none_or(|(carried_out, _)| carried_out) {
                        self.rows.remove(&number(row));
                    }
                }
            }
            match says {
                None => Ok(deleted),
                Some((_, kind)) => Err(error(kind)),
            }
        }

        async fn has_no_other_column(&mut self, _: &Table) -> Result<(), EngineError> {
            Ok(())
        }

        async fn store(&mut self, _: &Table, _: &[Values]) -> Result<(), EngineError> {
            Ok(())
        }

        fn forms(&self, _: &Table) -> Vec<ValueForm> {
            Vec::new()
        }
    }

    /// What became of five rows, of which the second was changed: how many are gone, and the places of those that stay.
    async fn deleted(says: &[(bool, ErrorKind)]) -> (u64, Vec<usize>, u64) {
        let rows: Vec<StoredRow> = (1..=5).map(|at| row(at, "old")).collect();
        let mut server = Server {
            rows: rows.iter().map(|row| (number(row), row.clone())).collect(),
            says: says.to_vec(),
        };
        server.rows.insert(2, row(2, "new"));
        let part = TrimPart {
            table: Table {
                name: TableName::new("s", "t"),
                columns: Vec::new(),
                key: None,
                estimated_rows: 5,
                estimated_bytes: 5,
            },
            filter: RowFilter::All(Vec::new()),
            schema: "s".to_owned(),
            condition: String::new(),
            columns: Vec::new(),
            triggers: Vec::new(),
            partitions: Vec::new(),
            partition_statements: Vec::new(),
            referring: Vec::new(),
        };
        // Nobody answers there: what does not say that it is busy holds nothing up.
        let mut nowhere = Endpoint::parse("nowhere", "mysql://a@127.0.0.1:9/?tls=off").expect("an address");
        nowhere.password = Secret::new("x");
        let brake = Brake::new(&database(nowhere), Vec::new(), TrimLimits::default());
        let mut chunks = Chunks::new(brake, 100, &Silent);
        let outcome = chunks
            .delete(&mut server, &part, &RowRange::Whole, &rows)
            .await
            .expect("ended");
        let left: Vec<usize> = server
            .rows
            .keys()
            .map(|key| usize::try_from(*key - 1).expect("a place"))
            .collect();
        assert_eq!(
            left, outcome.kept,
            "what is told to stay is there, and nothing else"
        );
        (outcome.gone, outcome.kept, outcome.changed)
    }

    #[tokio::test]
    async fn a_lost_answer_loses_no_row_of_the_archive() {
        assert_eq!(deleted(&[]).await, (4, vec![1], 1));
        // Carried out, and the answer lost: the rows count as deleted, for they are in the archive alone.
        assert_eq!(
            deleted(&[(true, ErrorKind::ConnectionLost)]).await,
            (4, vec![1], 1)
        );
        // Not carried out.
        assert_eq!(
            deleted(&[(false, ErrorKind::ConnectionLost)]).await,
            (4, vec![1], 1)
        );
        assert_eq!(
            deleted(&[(false, ErrorKind::Lock), (true, ErrorKind::Interrupted)]).await,
            (4, vec![1], 1)
        );
    }

    #[tokio::test]
    async fn rows_that_stay_locked_stay() {
        assert_eq!(
            deleted(&[(false, ErrorKind::Lock); 3]).await,
            (0, vec![0, 1, 2, 3, 4], 0)
        );
    }
}
