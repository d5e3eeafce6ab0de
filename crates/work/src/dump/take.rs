//! From the source into files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use daybreak_engine::{Database, Read};
use daybreak_model::{Flavor, Position, RowRange, SchemaImage, Scope, Table};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::file::{self, Named};
use super::layout::{
    AURORA, BEGUN, Begun, Done, FORMAT, LIST, MANIFEST, Manifest, Packing, ROWS, RangeFile, TableEntry,
    TableFiles, file_name, folder,
};
use super::script;
use super::{DumpError, DumpLimits};
use crate::copy::{Queue, Task, is_small, stands};
use crate::hex::hex;
use crate::{Depot, LoadError, LoadSettings, Observe, Progress, Throttle, WorkEvent};

/// Blocks between the server and a file.
const BLOCKS_IN_FLIGHT: usize = 4;
/// How often a table's list of files is written while its ranges are: what a kill can cost.
const LIST_EVERY: Duration = Duration::from_secs(2);

/// How a dump is made.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpSettings {
    /// Workers, sizes of ranges, patience, throttle: as for a load from the server itself.
    pub load: LoadSettings,
    /// How files are packed.
    pub packing: Packing,
    /// What they keep to.
    pub limits: DumpLimits,
}

/// What a dump did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DumpReport {
    /// Where the source's change stream stood at the snapshot.
    pub position: Position,
    /// Tables.
    pub tables: usize,
    /// Rows in the files.
    pub rows: u64,
    /// Bytes of these, unpacked.
    pub bytes: u64,
    /// Bytes of the files.
    pub packed_bytes: u64,
    /// Files of rows.
    pub files: u64,
    /// Ranges whose files an earlier dump left, and that are the same now by digest.
    pub ranges_kept: u64,
    /// From the snapshot to the manifest.
    pub seconds: f64,
}

/// What all workers of one dump share.
struct Dump {
    depot: Depot,
    settings: DumpSettings,
    range_bytes: u64,
    image: SchemaImage,
    /// Whether a dump was begun here before.
    goes_on: bool,
    tables: Vec<Mutex<Listed>>,
    queue: Queue,
    throttle: Throttle,
    observer: Arc<dyn Observe>,
    started: Instant,
    rows_expected: u64,
    rows: AtomicU64,
    bytes: AtomicU64,
    ranges_kept: AtomicU64,
    family: daybreak_model::Family,
}

/// A table's files so far.
#[derive(Default)]
struct Listed {
    files: Option<TableFiles>,
    /// Where each range is among them.
    places: HashMap<RowRange, usize>,
    written: Option<Instant>,
    /// Of its list, once it is complete.
    entry: Option<TableEntry>,
}

/// Dumps everything in `scope` from a consistent snapshot of `source`, its objects as a server of flavor `target` takes them.
///
/// What an earlier dump of the same server left unfinished in the same place is taken over, range by range, where the digest
/// in the new snapshot is that of the file. As with any snapshot, PostgreSQL keeps its log from now on for the link's slot.
///
/// # Errors
/// See [`DumpError`]; what is complete by then stays for the next time.
pub async fn dump(
    source: &Arc<dyn Database>,
    target: &Flavor,
    scope: &Scope,
    settings: &DumpSettings,
    depot: &Depot,
    observer: &Arc<dyn Observe>,
) -> Result<DumpReport, DumpError> {
    let started = Instant::now();
    let identity = source.identity().await?;
    let begun = Begun {
        format: FORMAT,
        server: identity.unique_id.clone(),
        address: source.endpoint().address(),
        schemas: scope.schemas.clone(),
        part: scope.part.clone(),
        packing: settings.packing,
        target: target.clone(),
    };
    let goes_on = look(depot, &begun).await?;
    let image = source.schema(scope, target).await?;
    if !image.refusals.is_empty() {
        return Err(LoadError::Refused(image.refusals).into());
    }
    let sizes: Vec<u64> = image.tables.iter().map(|table| table.estimated_bytes).collect();
    let range_bytes = settings.limits.range_bytes(&sizes, settings.load.range_bytes)?;
    depot.put_json(BEGUN, &begun).await?;

    observer.event(WorkEvent::Doing {
        what: format!("taking a consistent snapshot of {}", source.endpoint()),
    });
    let load = &settings.load;
    let mut snapshot = source
        .snapshot(scope, load.workers, &load.link_name, load.snapshot_patience)
        .await?;
    let position = snapshot.position().clone();
    let readers = snapshot.take_readers();
    let dump = Arc::new(Dump {
        depot: depot.clone(),
        settings: settings.clone(),
        range_bytes,
        goes_on,
        tables: image.tables.iter().map(|_| Mutex::default()).collect(),
        queue: Queue::new(order(&image), image.tables.len()),
        throttle: Throttle::new(Arc::clone(source), load.throttle.clone()),
        observer: Arc::clone(observer),
        started,
        rows_expected: image.tables.iter().map(|table| table.estimated_rows).sum(),
        rows: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        ranges_kept: AtomicU64::new(0),
        family: target.family(),
        image,
    });
    let dumped = dump.carry_out(readers).await;
    let closed = snapshot.close().await;
    dumped?;
    closed?;
    // A schema that was changed meanwhile is not the one that these rows belong to.
    stands(&dump.image, &source.schema(scope, target).await?)?;
    let identity_values = source.identity_values(scope).await?;
    let entries = dump.end(target).await?;
    dump.sweep().await?;
    let manifest = Manifest {
        format: FORMAT,
        id: format!("{:032x}", rand::random::<u128>()),
        at: Timestamp::now(),
        server: begun.server,
        address: begun.address,
        source: identity.flavor,
        target: target.clone(),
        position: position.clone(),
        link: load.link_name.clone(),
        packing: settings.packing,
        scope: scope.clone(),
        identity_values,
        tables: entries,
        image: dump.image.clone(),
    };
    depot.put_json(MANIFEST, &manifest).await?;
    let (files, packed_bytes) = dump.stored().await;
    Ok(DumpReport {
        position,
        tables: manifest.tables.len(),
        rows: manifest.tables.iter().map(|table| table.rows).sum(),
        bytes: manifest.tables.iter().map(|table| table.bytes).sum(),
        packed_bytes,
        files,
        ranges_kept: dump.ranges_kept.load(Ordering::Relaxed),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Makes a whole dump an unfinished one, for [`dump`] to bring it up to date: what is still as the source has it stays.
///
/// # Errors
/// When its manifest cannot be taken away.
pub async fn reopen_dump(depot: &Depot) -> Result<(), DumpError> {
    Ok(depot.remove(MANIFEST).await?)
}

/// Looks at what lies there. True where it is an unfinished dump of the same.
async fn look(depot: &Depot, ours: &Begun) -> Result<bool, DumpError> {
    let another = |of: String| DumpError::Another {
        place: depot.place().to_string(),
        of,
    };
    if let Some(manifest) = depot.get_json::<Manifest>(MANIFEST).await? {
        return Err(another(format!(
            "of {} that has been whole since {}",
            manifest.address, manifest.at
        )));
    }
    let Some(theirs) = depot.get_json::<Begun>(BEGUN).await? else {
        return match depot.any().await? {
            None => Ok(false),
            Some(found) => Err(DumpError::NotEmpty {
                place: depot.place().to_string(),
                found,
            }),
        };
    };
    let same = Begun {
        address: ours.address.clone(),
        ..theirs.clone()
    };
    if same == *ours {
        return Ok(true);
    }
    Err(another(format!(
        "that was begun of schemas {} of {} for {}",
        theirs.schemas.join(", "),
        theirs.address,
        theirs.target
    )))
}

/// The largest table first, so that none is left over at the end.
fn order(image: &SchemaImage) -> Vec<Task> {
    let mut order: Vec<usize> = (0..image.tables.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(image.tables[index].estimated_bytes));
    order.into_iter().map(Task::Split).collect()
}

impl Dump {
    async fn carry_out(self: &Arc<Self>, readers: Vec<Box<dyn Read>>) -> Result<(), DumpError> {
        let mut workers = JoinSet::new();
        for reader in readers {
            let dump = Arc::clone(self);
            workers.spawn(async move {
                let result = dump.work(reader).await;
                if result.is_err() {
                    dump.queue.stop().await;
                }
                result
            });
        }
        let mut first_error = Ok(());
        while let Some(ended) = workers.join_next().await {
            let result = ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            first_error = first_error.and(result);
        }
        first_error
    }

    /// One worker, until nothing is left.
    async fn work(&self, mut reader: Box<dyn Read>) -> Result<(), DumpError> {
        let mut at = None;
        while let Some(task) = self.queue.next(at).await {
            self.throttle.pass(self.observer.as_ref()).await;
            match task {
                Task::Split(index) => {
                    at = Some(index);
                    let ranges = self.split(reader.as_mut(), index).await?;
                    self.queue.split_done(index, ranges).await;
                }
                Task::Range(index, range) | Task::Compare(index, range) => {
                    at = Some(index);
                    self.range(reader.as_mut(), index, &range).await?;
                    self.queue.range_done(index).await;
                }
                Task::Finish(index) => {
                    self.finish(index).await?;
                    self.queue.finish_done().await;
                }
                // No dump puts tables together.
                Task::Together(_) => self.queue.finish_done().await,
            }
        }
        Ok(())
    }

    /// Cuts a table, or takes over how an earlier dump had cut it. By key, so that a range is the same rows on the target.
    async fn split(&self, reader: &mut dyn Read, index: usize) -> Result<Vec<Task>, DumpError> {
        let table = &self.image.tables[index];
        let earlier = if self.goes_on {
            let list = format!("{}/{LIST}", folder(&table.name));
            self.depot.get_json::<TableFiles>(&list).await?
        } else {
            None
        };
        let files = match earlier.filter(|earlier| is_same(&earlier.table, table) && earlier.is_all()) {
            Some(earlier) => TableFiles {
                table: table.clone(),
                ranges: earlier.ranges,
            },
            None => {
                let ranges = if is_small(table) {
                    vec![RowRange::Whole]
                } else {
                    reader
                        .split(table, self.settings.load.range_rows, self.range_bytes)
                        .await?
                };
                let ranges = ranges.into_iter().map(|range| RangeFile { range, done: None });
                TableFiles {
                    table: table.clone(),
                    ranges: ranges.collect(),
                }
            }
        };
        let ranges = || files.ranges.iter().map(|range| range.range.clone());
        let tasks = ranges().map(|range| Task::Range(index, range)).collect();
        let places = ranges()
            .enumerate()
            .map(|(place, range)| (range, place))
            .collect();
        let mut listed = self.tables[index].lock().await;
        listed.places = places;
        listed.files = Some(files);
        Ok(tasks)
    }

    /// Brings a range into its file, unless what lies there is what the range is now.
    async fn range(&self, reader: &mut dyn Read, index: usize, range: &RowRange) -> Result<(), DumpError> {
        let table = &self.image.tables[index];
        let digest = reader.chunk(table, range).await?;
        let (place, earlier) = {
            let listed = self.tables[index].lock().await;
            let place = listed.places.get(range).copied().unwrap_or_default();
            let known = listed.files.as_ref().and_then(|files| files.ranges.get(place));
            (place, known.and_then(|known| known.done.clone()))
        };
        let done = match earlier {
            Some(earlier) if earlier.digest == digest && self.is_there(table, &earlier).await? => {
                self.ranges_kept.fetch_add(1, Ordering::Relaxed);
                earlier
            }
            _ => self.store(reader, table, range, place, digest).await?,
        };
        let rows = self.rows.fetch_add(digest.rows, Ordering::Relaxed) + digest.rows;
        let bytes = self.bytes.fetch_add(done.bytes, Ordering::Relaxed) + done.bytes;
        let progress = Progress::new(rows, self.rows_expected, bytes, self.started.elapsed());
        self.observer.event(WorkEvent::Progress(progress));
        let mut listed = self.tables[index].lock().await;
        let known = listed
            .files
            .as_mut()
            .and_then(|files| files.ranges.get_mut(place));
        if let Some(known) = known {
            known.done = Some(done);
        }
        if listed
            .written
            .is_none_or(|written| written.elapsed() >= LIST_EVERY)
            && let Some(files) = &listed.files
        {
            self.depot
                .put_json(&format!("{}/{LIST}", folder(&table.name)), files)
                .await?;
            listed.written = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether the file lies there, as long as it was. What is in it is looked at by whoever loads it.
    async fn is_there(&self, table: &Table, done: &Done) -> Result<bool, DumpError> {
        let Some(file) = &done.file else {
            return Ok(true);
        };
        let name = format!("{}/{}", folder(&table.name), file.name);
        Ok(self.depot.size(&name).await? == Some(file.size))
    }

    async fn store(
        &self,
        reader: &mut dyn Read,
        table: &Table,
        range: &RowRange,
        place: usize,
        digest: daybreak_model::ChunkDigest,
    ) -> Result<Done, DumpError> {
        let folder = folder(&table.name);
        let name = file_name(place, &digest, self.family, self.settings.packing);
        let named = Named {
            folder: &folder,
            name: &name,
            packing: self.settings.packing,
        };
        // Only a range that is the whole table can be large.
        let part = match range {
            RowRange::Whole => DumpLimits::part_bytes(table.estimated_bytes),
            _ => DumpLimits::part_bytes(self.range_bytes),
        };
        let (blocks, received) = mpsc::channel(BLOCKS_IN_FLIGHT);
        let (sent, written) = tokio::join!(
            reader.read(table, range, blocks),
            file::write(&self.depot, named, &self.settings.limits, part, received)
        );
        // Where the file failed, the reader only found nobody to take its rows.
        let Some(written) = written? else {
            return Err(sent.err().map_or_else(
                || DumpError::Miscounted {
                    table: table.name.to_string(),
                    read: 0,
                    counted: digest.rows,
                },
                DumpError::Engine,
            ));
        };
        let sent = sent?;
        if sent.rows != digest.rows {
            return Err(DumpError::Miscounted {
                table: table.name.to_string(),
                read: sent.rows,
                counted: digest.rows,
            });
        }
        Ok(Done {
            digest,
            bytes: written.bytes,
            file: written.file,
        })
    }

    /// Writes a table's list, and what Aurora is given of it.
    async fn finish(&self, index: usize) -> Result<(), DumpError> {
        let name = &self.image.tables[index].name;
        let folder = folder(name);
        let mut listed = self.tables[index].lock().await;
        let Some(files) = &listed.files else {
            return Ok(());
        };
        let list = self.depot.put_json(&format!("{folder}/{LIST}"), files).await?;
        let unpacked = self.settings.packing == Packing::None;
        if let Some(manifest) =
            script::aurora_manifest(self.family, &self.depot, &folder, files).filter(|_| unpacked)
        {
            self.depot
                .put_json(&format!("{folder}/{AURORA}"), &manifest)
                .await?;
        }
        let (rows, bytes) = files.sums();
        listed.entry = Some(TableEntry {
            table: name.clone(),
            folder,
            rows,
            bytes,
            list_sha256: sha256(&list),
        });
        self.observer.event(WorkEvent::TableDone {
            table: name.clone(),
            rows,
        });
        Ok(())
    }

    /// Writes the statements for those who load without us; gives the tables for the manifest.
    async fn end(&self, target: &Flavor) -> Result<Vec<TableEntry>, DumpError> {
        let session = daybreak_engine::load_session(target);
        let around = script::around(self.family, &session, &self.image);
        self.depot.put("before.sql", around.before).await?;
        self.depot.put("after.sql", around.after).await?;
        let mut entries = Vec::with_capacity(self.tables.len());
        let mut statements = Vec::new();
        for listed in &self.tables {
            let listed = listed.lock().await;
            let (Some(entry), Some(files)) = (&listed.entry, &listed.files) else {
                continue;
            };
            statements.extend(script::rows(self.family, &self.depot, &entry.folder, files));
            entries.push(entry.clone());
        }
        if self.settings.packing == Packing::None {
            let script = daybreak_engine::script(self.family, &statements);
            self.depot.put("rows.sql", format!("{session}{script}")).await?;
        } else {
            // Of an earlier dump that was packed otherwise there is none: that would have been another dump.
            self.depot.remove("rows.sql").await?;
        }
        Ok(entries)
    }

    /// Takes away what no list names: what earlier dumps left here that the rows, or the tables, no longer are.
    async fn sweep(&self) -> Result<(), DumpError> {
        let mut named = HashSet::new();
        for listed in &self.tables {
            let listed = listed.lock().await;
            let Some(files) = &listed.files else {
                continue;
            };
            let folder = folder(&files.table.name);
            let ranges = files
                .ranges
                .iter()
                .filter_map(|range| range.done.as_ref()?.file.as_ref());
            named.extend(ranges.map(|file| format!("{folder}/{}", file.name)));
            named.extend([LIST, AURORA].map(|name| format!("{folder}/{name}")));
        }
        Ok(self.depot.sweep(ROWS, &named).await?)
    }

    /// Files of rows and their bytes.
    async fn stored(&self) -> (u64, u64) {
        let (mut count, mut bytes) = (0, 0);
        for listed in &self.tables {
            let listed = listed.lock().await;
            let ranges = listed.files.iter().flat_map(|files| &files.ranges);
            for file in ranges.filter_map(|range| range.done.as_ref()?.file.as_ref()) {
                count += 1;
                bytes += file.size;
            }
        }
        (count, bytes)
    }
}

/// Whether two descriptions of a table, but for what a server estimates of it, are the same.
fn is_same(one: &Table, other: &Table) -> bool {
    one.name == other.name && one.columns == other.columns && one.key == other.key
}

/// In hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex(&Sha256::digest(bytes))
}
