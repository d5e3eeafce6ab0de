//! Whole partitions taken out at once, where their bounds alone say that a rule means every row of them.
//!
//! Their rows become a table of their own first, which nobody writes to: it is archived, and dropped once every row of it is in files.
//! What is written down before each of these steps lets the next run go on after a kill.

use daybreak_engine::{Fetch, Partition, Partitions, Trim};
use daybreak_model::{KeyRange, RowFilter, RowRange, Table, TableName};
use sha2::{Digest as _, Sha256};

use super::copies;
use super::delete::{FILE_BYTES, FILE_ROWS, Running, Trimmed, fetch};
use super::error::TrimError;
use super::manifest::{Aside, Line};
use super::plan::TrimPart;
use crate::WorkEvent;
use crate::hex::hex;

impl Running<'_> {
    /// Takes out the partitions of a table that the rule means as a whole.
    pub(super) async fn partitions(
        &mut self,
        part: &TrimPart,
        settled: &[&TableName],
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let planned = part.partitions.iter();
        let left: Vec<&Partition> = planned
            .filter(|partition| !settled.contains(&&partition.name))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let mut partitions = self.database.partitions().await?;
        for partition in left {
            if self.stopped() {
                return Ok(());
            }
            self.observer.event(WorkEvent::Doing {
                what: format!(
                    "taking out partition {} of {}",
                    partition.name.name, part.table.name
                ),
            });
            self.chunks.pass().await;
            if self.manifest.is_none() {
                let rows = partitions.rows(&part.table, partition).await?;
                partitions.remove(&part.table, partition, false).await?;
                self.taken(partition, rows, done);
                continue;
            }
            let aside = Aside {
                table: part.table.name.clone(),
                partition: partition.clone(),
                aside: self.aside(part, partition),
                held: false,
                dropped: false,
                put_back: false,
            };
            self.announce(&aside.line()).await?;
            partitions.set_aside(&part.table, partition, &aside.aside).await?;
            self.empty(partitions.as_mut(), part, &aside, done).await?;
        }
        Ok(())
    }

    /// Goes on with what a run before set aside, which this run's manifest names already.
    pub(super) async fn adopt(
        &mut self,
        part: &TrimPart,
        aside: &Aside,
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let mut partitions = self.database.partitions().await?;
        self.empty(partitions.as_mut(), part, aside, done).await
    }

    /// Archives a table that was set aside, and drops it, if the rule as it is now means every row of it; otherwise it is a partition again.
    async fn empty(
        &mut self,
        partitions: &mut dyn Partitions,
        part: &TrimPart,
        aside: &Aside,
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let table = Table {
            name: aside.aside.clone(),
            ..part.table.clone()
        };
        let everything = RowFilter::All(Vec::new());
        let mut trimmer = self.database.trimmer(&part.schema).await?;
        if !is_meant(trimmer.as_mut(), part, &table).await? {
            return self.put_back(partitions, part, aside, &[], done).await;
        }
        trimmer.has_no_other_column(&table).await?;
        let (mut files, mut archived) = (Vec::new(), 0_u64);
        let mut range = KeyRange::default();
        loop {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            while rows.len() < FILE_ROWS && bytes < FILE_BYTES {
                self.chunks.pass().await;
                let from = KeyRange {
                    after: rows.last().map_or_else(
                        || range.after.clone(),
                        |row: &daybreak_engine::StoredRow| Some(row.key.clone()),
                    ),
                    up_to: None,
                };
                let some: Fetch = fetch(true);
                let more = trimmer
                    .rows(&table, &RowRange::Keys(from), &everything, some)
                    .await?;
                if more.is_empty() {
                    break;
                }
                bytes += more
                    .iter()
                    .flat_map(|row| &row.values)
                    .flatten()
                    .map(Vec::len)
                    .sum::<usize>();
                rows.extend(more);
            }
            let Some(last) = rows.last().map(|row| row.key.clone()) else {
                break;
            };
            let lies = RowRange::Keys(KeyRange {
                after: range.after.take(),
                up_to: Some(last.clone()),
            });
            range.after = Some(last);
            let count = rows.len() as u64;
            let (file, _) = self.archive(part, &lies, rows, Some(&aside.aside), done).await?;
            files.extend(file.map(|file| (file, count)));
            archived += count;
        }
        let there = trimmer.count(&table, &RowRange::Whole, &everything).await?;
        if there != archived {
            return Err(TrimError::Aside {
                aside: aside.aside.to_string(),
                trouble: format!("holds {there} rows, and {archived} are archived: somebody writes to it"),
            });
        }
        // Rows of other tables, which a hold may ask for, went on meanwhile.
        if !is_meant(trimmer.as_mut(), part, &table).await? {
            return self.put_back(partitions, part, aside, &files, done).await;
        }
        self.announce(&Line::Held {
            aside: aside.aside.clone(),
            rows: archived,
        })
        .await?;
        partitions.drop_aside(&aside.aside).await?;
        for (file, rows) in files {
            self.note(&Line::Deleted {
                file,
                rows,
                kept: Vec::new(),
            })?;
        }
        self.note(&Line::Dropped {
            aside: aside.aside.clone(),
        })?;
        self.taken(&aside.partition, archived, done);
        // Rows that came into it since are taken out one by one, as all others.
        partitions.remove(&part.table, &aside.partition, true).await?;
        Ok(())
    }

    /// Makes a table that was set aside a partition again; of its files nothing is deleted.
    async fn put_back(
        &mut self,
        partitions: &mut dyn Partitions,
        part: &TrimPart,
        aside: &Aside,
        files: &[(String, u64)],
        done: &mut Trimmed,
    ) -> Result<(), TrimError> {
        let name = &aside.partition.name.name;
        self.observer.event(WorkEvent::Doing {
            what: format!("putting partition {name} of {} back", part.table.name),
        });
        for (file, rows) in files {
            self.note(&Line::Deleted {
                file: file.clone(),
                rows: 0,
                kept: (0..usize::try_from(*rows).unwrap_or(usize::MAX)).collect(),
            })?;
        }
        self.announce(&Line::PutBack {
            aside: aside.aside.clone(),
        })
        .await?;
        partitions
            .put_back(&part.table, &aside.partition, &aside.aside)
            .await?;
        done.put_back.push(name.clone());
        Ok(())
    }

    fn taken(&mut self, partition: &Partition, rows: u64, done: &mut Trimmed) {
        done.partitions.push(partition.name.name.clone());
        self.gone(rows, done);
    }

    /// A name that no other run gives: `daybreak_trim_` and a digest.
    fn aside(&self, part: &TrimPart, partition: &Partition) -> TableName {
        let run = self
            .manifest
            .as_ref()
            .map_or_else(String::new, |(folder, _)| folder.display().to_string());
        let digest = Sha256::digest(format!("{run}\0{}\0{}", part.table.name, partition.name));
        TableName::new(
            &partition.name.schema,
            format!("daybreak_trim_{}", hex(&digest[..6])),
        )
    }

    /// Writes down what is about to be done to the server, also in the bucket: should this machine be lost, another finds it there.
    async fn announce(&mut self, line: &Line) -> Result<(), TrimError> {
        self.note(line)?;
        if let (Some(depot), Some((folder, _))) = (self.depot, &self.manifest) {
            copies::put_manifest(depot, self.rule, folder).await?;
        }
        Ok(())
    }

    fn note(&mut self, line: &Line) -> Result<(), TrimError> {
        match &mut self.manifest {
            Some((_, manifest)) => manifest.append(line),
            None => Ok(()),
        }
    }
}

/// Whether a rule, as it is now, means every row of a table that was set aside: it may have been by a run that knew another rule, or before
/// something was held. What the server cannot ask of that table is not proven.
async fn is_meant(trimmer: &mut dyn Trim, part: &TrimPart, table: &Table) -> Result<bool, TrimError> {
    match trimmer.understands(table, &part.filter).await {
        Err(error) if error.is_transient() => return Err(error.into()),
        Err(_) => return Ok(false),
        Ok(()) => {}
    }
    let everything = RowFilter::All(Vec::new());
    let there = trimmer.count(table, &RowRange::Whole, &everything).await?;
    Ok(trimmer.count(table, &RowRange::Whole, &part.filter).await? == there)
}
