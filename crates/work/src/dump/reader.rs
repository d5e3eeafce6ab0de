//! A dump as a load reads it: in place of connections in a snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use daybreak_engine::{Block, Chunks, Copied, EngineError, ErrorKind, Read};
use daybreak_model::{ChunkDigest, RowRange, Table, TableName};
use tokio::sync::mpsc;

use super::DumpError;
use super::file::{self, Named};
use super::layout::{Done, LIST, Manifest, Packing, TableFiles};
use super::take::sha256;
use crate::Depot;

/// What is in a dump, by table.
pub(super) struct Contents {
    pub(super) depot: Depot,
    packing: Packing,
    tables: HashMap<TableName, TableContents>,
}

struct TableContents {
    folder: String,
    ranges: Vec<RowRange>,
    done: HashMap<RowRange, Done>,
}

impl Contents {
    /// Reads every table's list, each as the manifest knows it.
    pub(super) async fn read(depot: &Depot, manifest: &Manifest) -> Result<Self, DumpError> {
        let mut tables = HashMap::with_capacity(manifest.tables.len());
        for entry in &manifest.tables {
            let name = format!("{}/{LIST}", entry.folder);
            let damaged = |trouble: &str| DumpError::Damaged {
                name: name.clone(),
                place: depot.place().to_string(),
                trouble: trouble.to_owned(),
            };
            let list = depot.get(&name).await?;
            let list = list.ok_or_else(|| damaged("it is not there"))?;
            if sha256(&list) != entry.list_sha256 {
                return Err(damaged("its SHA-256 is not the one in the manifest"));
            }
            let files: TableFiles =
                serde_json::from_slice(&list).map_err(|error| damaged(&error.to_string()))?;
            if !files.is_all() {
                return Err(damaged("its ranges are not the whole table"));
            }
            let mut contents = TableContents {
                folder: entry.folder.clone(),
                ranges: Vec::with_capacity(files.ranges.len()),
                done: HashMap::with_capacity(files.ranges.len()),
            };
            for range in files.ranges {
                let done = range.done.ok_or_else(|| damaged("a range in it has no file"))?;
                contents.ranges.push(range.range.clone());
                contents.done.insert(range.range, done);
            }
            tables.insert(entry.table.clone(), contents);
        }
        Ok(Self {
            depot: depot.clone(),
            packing: manifest.packing,
            tables,
        })
    }

    /// The ranges of a table, with the digest of each.
    pub(super) fn digests(&self, table: &TableName) -> impl Iterator<Item = (&RowRange, &ChunkDigest)> {
        let contents = self.tables.get(table);
        let ranges = contents.into_iter().flat_map(|contents| &contents.done);
        ranges.map(|(range, done)| (range, &done.digest))
    }

    fn table(&self, table: &Table) -> Result<&TableContents, EngineError> {
        let found = self.tables.get(&table.name);
        found.ok_or_else(|| self.trouble(format!("failed to find rows of {}", table.name), None))
    }

    fn done(&self, table: &Table, range: &RowRange) -> Result<(&str, &Done), EngineError> {
        let contents = self.table(table)?;
        let done = contents.done.get(range);
        let missing = || self.trouble(format!("failed to find a range of {}", table.name), None);
        Ok((&contents.folder, done.ok_or_else(missing)?))
    }

    /// A dump's trouble in the words of a server's.
    fn trouble(&self, what: String, error: Option<DumpError>) -> EngineError {
        EngineError {
            server: self.depot.place().to_string(),
            what,
            kind: ErrorKind::Other,
            code: None,
            hint: error.as_ref().and_then(DumpError::hint),
            source: error.map(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>),
        }
    }
}

/// One worker's view of a dump.
pub(super) struct DumpReader(pub(super) Arc<Contents>);

#[async_trait]
impl Chunks for DumpReader {
    /// As it was cut when it was dumped, whatever is asked for.
    async fn split(&mut self, table: &Table, _rows: u64, _bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        Ok(self.0.table(table)?.ranges.clone())
    }

    /// As the source's server had it.
    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError> {
        Ok(self.0.done(table, range)?.1.digest)
    }
}

#[async_trait]
impl Read for DumpReader {
    async fn cut(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError> {
        self.split(table, rows, bytes).await
    }

    async fn read(
        &mut self,
        table: &Table,
        range: &RowRange,
        blocks: mpsc::Sender<Block>,
    ) -> Result<Copied, EngineError> {
        let contents = &self.0;
        let (folder, done) = contents.done(table, range)?;
        let what = || format!("failed to read rows of {}", table.name);
        let taken = match &done.file {
            None => true,
            Some(stored) => {
                let named = Named {
                    folder,
                    name: &stored.name,
                    packing: contents.packing,
                };
                let read = file::read(&contents.depot, named, stored, &blocks).await;
                read.map_err(|error| contents.trouble(what(), Some(error)))?
            }
        };
        if !taken || blocks.send(Block::End).await.is_err() {
            // The writer's own error says why it takes no more.
            let mut error = contents.trouble(what(), None);
            error.kind = ErrorKind::Interrupted;
            return Err(error);
        }
        Ok(Copied {
            rows: done.digest.rows,
            bytes: done.bytes,
        })
    }
}
