//! The journal in one SQLite file beside the plan.

mod inbox;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::clock::age;
use crate::conductor::Conductor;
use crate::entry::RunId;
use crate::record::{FormatVersion, Hash, Record};
use crate::store::{LEASE_LIFETIME, Lease, Store, StoreError};

/// How long a statement waits for another process's transaction (an approval being posted takes milliseconds).
const BUSY: Duration = Duration::from_secs(10);

/// A journal and its inbox in one SQLite file, readable with any SQLite shell.
///
/// Write-ahead log with `synchronous = FULL`: a commit is on disk when it returns (sqlite.org/pragma.html#pragma_synchronous).
/// The file must lie on a local disk: SQLite's locks do not hold on network file systems (sqlite.org/wal.html).
#[derive(Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, or makes it, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be opened, is no journal, or is of a format this program does not know.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite would make it with the process's umask; its -wal and -shm files take over the mode of the main file.
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|e| StoreError::Failed {
                doing: "opening its file",
                source: Box::new(e),
            })?;
        let mut connection = Connection::open(path).map_err(failed("opening its file"))?;
        connection
            .busy_timeout(BUSY)
            .map_err(failed("opening its file"))?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
            .map_err(failed("opening its file"))?;
        let step = begin(&mut connection)?;
        let tables: u32 = step
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed("reading its format"))?;
        if tables == 0 {
            step.execute_batch(include_str!("sqlite/schema.sql"))
                .map_err(failed("making its tables"))?;
        }
        let version = step
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed("reading its format"))?;
        FormatVersion(version).check()?;
        step.commit().map_err(failed("making its tables"))?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs `work` where blocking is allowed. It runs to its end even if the caller goes away.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        let job = move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        match tokio::task::spawn_blocking(job).await {
            Ok(result) => result,
            Err(e) => Err(StoreError::Failed {
                doing: "working",
                source: Box::new(e),
            }),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn acquire(&self, conductor: &Conductor, now: Timestamp) -> Result<Lease, StoreError> {
        let ours = conductor.clone();
        self.run(move |connection| {
            let step = begin(connection)?;
            let (fence, holder, taken_at, beat_at) = step
                .query_row(
                    "SELECT fence, holder, taken_at, beat_at FROM lease WHERE id = 1",
                    [],
                    |row| {
                        Ok((
                            number(row, 0)?,
                            row.get::<_, Option<String>>(1)?,
                            row.get::<_, Option<String>>(2)?,
                            row.get::<_, Option<String>>(3)?,
                        ))
                    },
                )
                .map_err(failed("reading the lease"))?;
            if let Some(holder) = holder {
                let holder: Conductor = serde_json::from_str(&holder).map_err(damaged)?;
                let here = holder.place == ours.place;
                let silent = || Ok::<_, StoreError>(age(now, time(beat_at.as_deref())?) >= LEASE_LIFETIME);
                let gone = if here {
                    holder.is_dead_seen_from(&ours)
                } else {
                    silent()?
                };
                if !gone {
                    let taken_at = time(taken_at.as_deref())?;
                    return Err(StoreError::Held {
                        holder: Box::new(holder),
                        taken_at,
                        here,
                    });
                }
            }
            let lease = Lease { fence: fence + 1 };
            let holder = serde_json::to_string(&ours).map_err(damaged)?;
            step.execute(
                "UPDATE lease SET fence = ?1, holder = ?2, taken_at = ?3, beat_at = ?3 WHERE id = 1",
                params![integer(lease.fence), holder, now.to_string()],
            )
            .map_err(failed("taking the lease"))?;
            step.commit().map_err(failed("taking the lease"))?;
            Ok(lease)
        })
        .await
    }

    async fn beat(&self, lease: Lease, now: Timestamp) -> Result<(), StoreError> {
        self.run(move |connection| {
            let step = begin(connection)?;
            prolong(&step, lease, now)?;
            step.commit().map_err(failed("prolonging the lease"))
        })
        .await
    }

    async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection
                .execute(
                    "UPDATE lease SET holder = NULL WHERE id = 1 AND fence = ?1",
                    [integer(lease.fence)],
                )
                .map_err(failed("releasing the lease"))?;
            Ok(())
        })
        .await
    }

    async fn holder(&self) -> Result<Option<Conductor>, StoreError> {
        self.run(|connection| {
            let holder: Option<String> = connection
                .query_row("SELECT holder FROM lease WHERE id = 1", [], |row| row.get(0))
                .map_err(failed("reading the lease"))?;
            holder
                .map(|holder| serde_json::from_str(&holder).map_err(damaged))
                .transpose()
        })
        .await
    }

    async fn append(&self, lease: Lease, records: &[Record], now: Timestamp) -> Result<(), StoreError> {
        let records = records.to_vec();
        self.run(move |connection| {
            let step = begin(connection)?;
            prolong(&step, lease, now)?;
            let end = end(&step)?;
            if let Some(first) = records.first()
                && first.seq != end + 1
            {
                return Err(StoreError::NotTheEnd {
                    found: end,
                    expected: first.seq.saturating_sub(1),
                });
            }
            for record in &records {
                insert(&step, record)?;
            }
            step.commit().map_err(failed("writing a record"))
        })
        .await
    }

    async fn read(&self, after: u64) -> Result<Vec<Record>, StoreError> {
        self.run(move |connection| {
            let mut query = connection
                .prepare_cached(
                    "SELECT seq, at, version, run, kind, step, actor, payload, prev_hash, hash
                     FROM records WHERE seq > ?1 ORDER BY seq",
                )
                .map_err(failed("reading records"))?;
            let rows = query
                .query_map([integer(after)], record)
                .map_err(failed("reading records"))?;
            rows.collect::<Result<_, _>>().map_err(failed("reading records"))
        })
        .await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.run(|connection| {
            // Starts the write-ahead log anew, so that no automatic checkpoint falls into the span.
            connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .optional()
                .map_err(failed("emptying its write-ahead log"))?;
            Ok(())
        })
        .await
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("starting a transaction"))
}

/// Fails unless `lease` is the newest and still held.
fn prolong(step: &Transaction<'_>, lease: Lease, now: Timestamp) -> Result<(), StoreError> {
    let changed = step
        .prepare_cached("UPDATE lease SET beat_at = ?2 WHERE id = 1 AND fence = ?1 AND holder IS NOT NULL")
        .and_then(|mut update| update.execute(params![integer(lease.fence), now.to_string()]))
        .map_err(failed("prolonging the lease"))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost)
    }
}

fn end(step: &Transaction<'_>) -> Result<u64, StoreError> {
    step.prepare_cached("SELECT coalesce(max(seq), 0) FROM records")
        .and_then(|mut query| query.query_row([], |row| number(row, 0)))
        .map_err(failed("reading the journal's end"))
}

fn insert(step: &Transaction<'_>, record: &Record) -> Result<(), StoreError> {
    step.prepare_cached(
        "INSERT INTO records (seq, at, version, run, kind, step, actor, payload, prev_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            integer(record.seq),
            record.at,
            record.version.0,
            integer(record.run.0),
            record.kind,
            record.step,
            record.actor,
            record.payload,
            record.prev_hash.to_string(),
            record.hash.to_string(),
        ])
    })
    .map_err(failed("writing a record"))?;
    Ok(())
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let hash = |column: usize| {
        let text: String = row.get(column)?;
        // A hash that is none can match nothing: the chain check then names this record.
        Ok::<_, rusqlite::Error>(Hash::from_hex(&text).unwrap_or(Hash([0xff; 32])))
    };
    Ok(Record {
        seq: number(row, 0)?,
        at: row.get(1)?,
        version: FormatVersion(row.get(2)?),
        run: RunId(number(row, 3)?),
        kind: row.get(4)?,
        step: row.get(5)?,
        actor: row.get(6)?,
        payload: row.get(7)?,
        prev_hash: hash(8)?,
        hash: hash(9)?,
    })
}

fn failed(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |e| StoreError::Failed {
        doing,
        source: Box::new(e),
    }
}

fn damaged(e: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(e.to_string())
}

fn time(text: Option<&str>) -> Result<Timestamp, StoreError> {
    text.unwrap_or_default().parse().map_err(damaged)
}

/// SQLite's integers are signed.
fn integer(number: u64) -> i64 {
    i64::try_from(number).expect("counters start at 1 and cannot be counted that far")
}

fn number(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let stored: i64 = row.get(column)?;
    u64::try_from(stored).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, stored))
}
