//! A run: rows archived, and deleted in small transactions.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use daybreak_engine::{Database, Fetch, StoredRow, Trim, Values};
use daybreak_model::{KeyBound, KeyRange, RowFilter, RowRange, TableName};
use jiff::Timestamp;
use serde::Serialize;

use super::brake::{Brake, TrimLimits};
use super::chunks::Chunks;
use super::copies;
use super::error::TrimError;
use super::fetched::fetch_unsettled;
use super::manifest::{Archivable, Aside, Line, Manifest, Run, rule_lock, session_lock};
use super::plan::{RANGE_BYTES, RANGE_ROWS, TrimPart, TrimPlan};
use super::settle::settle;
use crate::{Depot, Observe, Progress, WorkEvent};

/// Rows and bytes of a file: what is in memory at once, twice while it is read back.
pub(super) const FILE_ROWS: usize = 50_000;
pub(super) const FILE_BYTES: usize = 24 << 20;
/// Rows read by one statement.
const FETCH_ROWS: u64 = 5_000;
const FETCH_BYTES: usize = 8 << 20;

/// How rows are read, with their values or without.
pub(super) const fn fetch(values: bool) -> Fetch {
    Fetch {
        rows: FETCH_ROWS,
        bytes: FETCH_BYTES,
        values,
    }
}

/// What was done to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trimmed {
    /// The table.
    pub table: TableName,
    /// Rows deleted.
    pub deleted: u64,
    /// Rows that were changed after they were read, and stay.
    pub changed: u64,
    /// Rows that others refer to, and stay.
    pub referred: u64,
    /// Rows that could not be locked, for a transaction of others held them, and stay.
    pub locked: u64,
    /// Partitions that were taken out as a whole; their rows are among those deleted.
    pub partitions: Vec<String>,
    /// Partitions that had been set aside, and are back where they were: the rule does not mean every row of them.
    pub put_back: Vec<String>,
    /// Files of the archive.
    pub files: u64,
    /// Their bytes.
    pub archive_bytes: u64,
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrimReport {
    /// The rule.
    pub rule: String,
    /// When it began.
    pub at: Timestamp,
    /// Each table, in the order in which they were gone through.
    pub tables: Vec<Trimmed>,
    /// Where its archive is.
    pub archive: Option<String>,
    /// Whether it came to its end; otherwise it was told to stop, and the next run goes on.
    pub whole: bool,
}

/// Carries a plan out. `lock` is the file that keeps two runs of a rule apart; `stop` ends the run after the transaction at hand.
///
/// # Errors
/// Of the server, or of the archive. Whatever was deleted is in the archive then.
pub async fn trim(
    database: &Arc<dyn Database>,
    replicas: Vec<Arc<dyn Database>>,
    plan: &TrimPlan,
    limits: &TrimLimits,
    lock: &Path,
    stop: &AtomicBool,
    observer: &dyn Observe,
) -> Result<TrimReport, TrimError> {
    plan.may_be_carried_out()?;
    let _locked = locked(&plan.rule, lock)?;
    if !database.write_state().await?.may_be_written() {
        return Err(TrimError::Rule {
            rule: plan.rule.clone(),
            trouble: format!("{} refuses writes", database.endpoint()),
            hint: "rows are taken out of the server that applications write to; its replicas follow"
                .to_owned(),
        });
    }
    let at = Timestamp::now();
    let mut adopted = Vec::new();
    // The file keeps runs of this machine apart; where archives are in a bucket, others may run the rule. Held until the run's end.
    let _alone = alone(database, plan).await?;
    let archive = match &plan.archive {
        Some(folder) => {
            if let Some(depot) = &plan.depot {
                fetch_unsettled(
                    depot,
                    &plan.rule,
                    &database.endpoint().address(),
                    folder,
                    observer,
                )
                .await?;
            }
            adopted = settle(database, folder, observer).await?;
            let unnamed = adopted
                .iter()
                .find(|aside| plan.parts.iter().all(|part| part.table.name != aside.table));
            if let Some(aside) = unnamed {
                return Err(TrimError::Aside {
                    aside: aside.aside.to_string(),
                    trouble: format!("is {}'s, which the rule no longer names", aside.table),
                });
            }
            let mut begun = begin(database, plan, folder, at).await?;
            for aside in &adopted {
                begun.1.append(&aside.line())?;
            }
            if let Some(depot) = &plan.depot {
                if !adopted.is_empty() {
                    copies::put_manifest(depot, &plan.rule, &begun.0).await?;
                }
                // Also what a kill left between a run's end and the bucket; what it had set aside is written down here by now.
                for run in Run::all(folder)?.iter().filter(|run| run.folder != begun.0) {
                    copies::hand_over(depot, &plan.rule, &run.folder).await?;
                }
            }
            Some(begun)
        }
        None => None,
    };
    let (folder, manifest) = archive.unzip();
    let mut run = Running {
        database,
        chunks: Chunks::new(
            Brake::new(database, replicas, limits.clone()),
            limits.chunk_rows,
            observer,
        ),
        manifest: folder.clone().zip(manifest),
        session_lock: session_lock(&plan.rule, at),
        rule: &plan.rule,
        depot: plan.depot.as_ref(),
        files: 0,
        deleted: 0,
        expected: plan.parts.iter().map(|part| part.table.estimated_rows).sum(),
        begun: Instant::now(),
        stop,
        observer,
    };
    let mut tables = Vec::with_capacity(plan.parts.len());
    for part in &plan.parts {
        tables.push(run.table(part, &adopted).await?);
    }
    let whole = !stop.load(Ordering::Relaxed);
    if let Some((_, manifest)) = &mut run.manifest {
        let rows = run.deleted;
        manifest.append(&Line::Ended {
            at: Timestamp::now(),
            rows,
            whole,
        })?;
    }
    let mut archive = folder.clone().map(|folder| folder.display().to_string());
    if let (Some(depot), Some(folder)) = (&plan.depot, &folder) {
        copies::hand_over(depot, &plan.rule, folder).await?;
        let run = folder.file_name().unwrap_or_default().to_string_lossy();
        archive = Some(format!("{}/{}/{run}", depot.place(), plan.rule));
    }
    Ok(TrimReport {
        rule: plan.rule.clone(),
        at,
        tables,
        archive,
        whole,
    })
}

/// Keeps others from running the same rule until it is dropped.
fn locked(rule: &str, lock: &Path) -> Result<File, TrimError> {
    let failed = |what| {
        move |source| TrimError::Io {
            what,
            path: lock.to_owned(),
            source,
        }
    };
    if let Some(folder) = lock.parent() {
        std::fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
    }
    let file = File::create(lock).map_err(failed("open"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(TrimError::Busy {
            rule: rule.to_owned(),
            lock: lock.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed("lock")(error)),
    }
}

/// A session that keeps other machines from running a rule whose archive is in a bucket, for as long as it is there.
async fn alone(database: &Arc<dyn Database>, plan: &TrimPlan) -> Result<Option<Box<dyn Trim>>, TrimError> {
    let (Some(_), Some(part)) = (&plan.depot, plan.parts.first()) else {
        return Ok(None);
    };
    let mut session = database.trimmer(&part.schema).await?;
    session.hold(&rule_lock(&plan.rule)).await?;
    Ok(Some(session))
}

async fn begin(
    database: &Arc<dyn Database>,
    plan: &TrimPlan,
    folder: &Path,
    at: Timestamp,
) -> Result<(PathBuf, Manifest), TrimError> {
    let tables = plan.parts.iter().map(|part| Archivable {
        table: part.table.clone(),
        columns: part.columns.clone(),
        filter: part.filter.clone(),
        condition: part.condition.clone(),
    });
    let begun = Line::Begun {
        format: 1,
        rule: plan.rule.clone(),
        server: database.endpoint().address(),
        flavor: database.flavor().await?.to_string(),
        at,
        tables: tables.collect(),
    };
    let folder = folder.join(at.strftime("%Y%m%dT%H%M%S%6fZ").to_string());
    let manifest = Manifest::begin(&folder, &begun)?;
    if let Some(depot) = &plan.depot {
        // Seen before any row is read: whether the bucket takes anything.
        copies::put_manifest(depot, &plan.rule, &folder).await?;
    }
    Ok((folder, manifest))
}

/// The name of a table's file: what is no letter, digit, `-` or `_` stands in hexadecimal digits.
fn file_name(table: &TableName, number: u64) -> String {
    let plain = |name: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        name.bytes().map(byte).collect()
    };
    format!(
        "{}.{}-{number:05}.parquet",
        plain(&table.schema),
        plain(&table.name)
    )
}

pub(super) struct Running<'a> {
    pub(super) database: &'a Arc<dyn Database>,
    pub(super) chunks: Chunks<'a>,
    pub(super) manifest: Option<(PathBuf, Manifest)>,
    session_lock: String,
    pub(super) rule: &'a str,
    pub(super) depot: Option<&'a Depot>,
    files: u64,
    deleted: u64,
    expected: u64,
    begun: Instant,
    stop: &'a AtomicBool,
    pub(super) observer: &'a dyn Observe,
}

/// Rows that were read and are to be deleted, and from where on they lie.
#[derive(Default)]
struct Batch {
    after: Option<KeyBound>,
    rows: Vec<StoredRow>,
    bytes: usize,
}

impl Running<'_> {
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn table(&mut self, part: &TrimPart, adopted: &[Aside]) -> Result<Trimmed, TrimError> {
        self.observer.event(WorkEvent::Doing {
            what: format!("taking rows out of {}", part.table.name),
        });
        let mut done = Trimmed {
            table: part.table.name.clone(),
            deleted: 0,
            changed: 0,
            referred: 0,
            locked: 0,
            partitions: Vec::new(),
            put_back: Vec::new(),
            files: 0,
            archive_bytes: 0,
        };
        let adopted = adopted.iter().filter(|aside| aside.table == part.table.name);
        for aside in adopted.clone() {
            self.adopt(part, aside, &mut done).await?;
        }
        // MySQL shows a partition that was set aside as an empty one until it is dropped, so the plan may name it once more.
        let settled: Vec<&TableName> = adopted.map(|aside| &aside.partition.name).collect();
        self.partitions(part, &settled, &mut done).await?;
        let mut trimmer = self.database.trimmer(&part.schema).await?;
        trimmer.hold(&self.session_lock).await?;
        let own_keys = part.own_keys();
        // Of rows that refer to each other only those are taken that no other refers to; then those that none does any more.
        let filter = if own_keys.is_empty() {
            part.filter.clone()
        } else {
            RowFilter::All(vec![part.filter.clone(), RowFilter::Unreferred(own_keys.clone())])
        };
        loop {
            let before = done.deleted;
            self.pass(trimmer.as_mut(), part, &filter, &mut done).await?;
            if own_keys.is_empty() || done.deleted == before || self.stopped() {
                break;
            }
        }
        self.observer.event(WorkEvent::TableDone {
            table: part.table.name.clone(),
            rows: done.deleted,
        });
        Ok(done)
    }

    /// Goes through the table once.
    async fn pass(
        &mut self,
        trimmer: &mut dyn Trim,
        part: &TrimPart,
        filter: &RowFilter,
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let mut checker = self.database.checker().await?;
        let ranges = checker.split(&part.table, RANGE_ROWS, RANGE_BYTES).await?;
        drop(checker);
        let fetch = fetch(self.manifest.is_some());
        let mut batch = Batch::default();
        for range in ranges {
            let mut range = match range {
                RowRange::Keys(range) => range,
                RowRange::Whole | RowRange::Pages { .. } => KeyRange::default(),
            };
            loop {
                if self.stopped() {
                    return Ok(());
                }
                self.chunks.pass().await;
                let rows = trimmer
                    .rows(&part.table, &RowRange::Keys(range.clone()), filter, fetch)
                    .await?;
                let Some(last) = rows.last() else { break };
                if batch.rows.is_empty() {
                    batch.after = range.after.take();
                }
                range.after = Some(last.key.clone());
                batch.bytes += rows
                    .iter()
                    .flat_map(|row| &row.values)
                    .flatten()
                    .map(Vec::len)
                    .sum::<usize>();
                batch.rows.extend(rows);
                if batch.rows.len() >= FILE_ROWS || batch.bytes >= FILE_BYTES {
                    self.take_out(trimmer, part, std::mem::take(&mut batch), done)
                        .await?;
                }
            }
        }
        self.take_out(trimmer, part, batch, done).await
    }

    /// Archives rows, if they are to be, and deletes them.
    async fn take_out(
        &mut self,
        trimmer: &mut dyn Trim,
        part: &TrimPart,
        batch: Batch,
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let Some(last) = batch.rows.last() else {
            return Ok(());
        };
        let range = RowRange::Keys(KeyRange {
            after: batch.after,
            up_to: Some(last.key.clone()),
        });
        let (file, rows) = self.archive(part, &range, batch.rows, None, done).await?;
        let mut kept = Vec::new();
        let mut from = 0;
        while from < rows.len() {
            if self.stopped() {
                kept.extend(from..rows.len());
                break;
            }
            let to = rows.len().min(from + self.chunks.size());
            let outcome = self.chunks.delete(trimmer, part, &range, &rows[from..to]).await?;
            kept.extend(outcome.kept.iter().map(|place| from + place));
            done.changed += outcome.changed;
            done.referred += outcome.referred;
            done.locked += outcome.locked;
            self.gone(outcome.gone, done);
            from = to;
        }
        kept.sort_unstable();
        if let Some(((_, manifest), file)) = self.manifest.as_mut().zip(file) {
            let deleted = (rows.len() - kept.len()) as u64;
            manifest.append(&Line::Deleted {
                file,
                rows: deleted,
                kept,
            })?;
        }
        Ok(())
    }

    /// Writes rows to a file that is read back, and names it in the manifest.
    pub(super) async fn archive(
        &mut self,
        part: &TrimPart,
        range: &RowRange,
        mut rows: Vec<StoredRow>,
        aside: Option<&TableName>,
        done: &mut Trimmed,
    ) -> Result<(Option<String>, Vec<StoredRow>), TrimError> {
        let Some((folder, manifest)) = &mut self.manifest else {
            return Ok((None, rows));
        };
        self.files += 1;
        let file = file_name(&part.table.name, self.files);
        let path = folder.join(&file);
        let columns = part.columns.clone();
        let values: Vec<Values> = rows
            .iter_mut()
            .map(|row| std::mem::take(&mut row.values))
            .collect();
        let written = tokio::task::spawn_blocking(move || {
            let facts = daybreak_archive::write(&path, &columns, &values);
            (facts, values)
        });
        let (facts, values) = written.await.expect("no writer of an archive panics");
        let facts = facts?;
        for (row, values) in rows.iter_mut().zip(values) {
            row.values = values;
        }
        if let Some(depot) = self.depot {
            copies::put(depot, self.rule, &folder.join(&file), &facts).await?;
        }
        done.files += 1;
        done.archive_bytes += facts.bytes;
        manifest.append(&Line::Archived {
            file: file.clone(),
            table: part.table.name.clone(),
            range: range.clone(),
            facts,
            aside: aside.cloned(),
        })?;
        if let Some(depot) = self.depot {
            copies::put_manifest(depot, self.rule, folder).await?;
        }
        Ok((Some(file), rows))
    }

    pub(super) fn gone(&mut self, rows: u64, done: &mut Trimmed) {
        done.deleted += rows;
        self.deleted += rows;
        let progress = Progress::new(self.deleted, self.expected, 0, self.begun.elapsed());
        self.observer.event(WorkEvent::Progress(progress));
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;

    #[test]
    fn a_hostile_name_stays_in_the_folder() {
        let name = super::file_name(&TableName::new("..", "we/ird ta'ble"), 7);
        assert_eq!(name, "%2E%2E.we%2Fird%20ta%27ble-00007.parquet");
    }

    #[test]
    fn two_runs_of_a_rule_never_meet() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = folder.path().join("state").join("old.lock");
        let first = super::locked("old", &lock).expect("free");
        assert!(matches!(
            super::locked("old", &lock),
            Err(super::TrimError::Busy { .. })
        ));
        drop(first);
        super::locked("old", &lock).expect("free again");
    }
}
