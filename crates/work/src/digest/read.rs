//! Logs in: plain, gzip or zstd by what they begin with, standard input, or a file that grows and is rotated.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, SyncSender};

use super::class::{Class, Classes};
use super::postgres_log::PostgresLog;
use super::slow_log::{self, Event};
use super::transactions::Transactions;

/// Bytes read before they are passed on, up to the last whole event.
const BLOCK: usize = 2 << 20;
/// An event longer than this is cut: its statement is known by its beginning.
const LONGEST: usize = 64 << 20;

/// Where a log is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {input}")]
pub struct DigestError {
    /// Which.
    pub input: String,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Which statements count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Users; all where none is named.
    pub users: Vec<String>,
    /// Databases; all where none is named.
    pub databases: Vec<String>,
    /// From this moment on, in microseconds since 1970.
    pub since: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
    /// Seconds that a statement took at least.
    pub at_least: f64,
}

impl Filter {
    fn takes(&self, event: &Event<'_>) -> bool {
        event.time >= self.at_least && self.is_about(event)
    }

    /// Whether it takes the event but for how long that took.
    fn is_about(&self, event: &Event<'_>) -> bool {
        let among = |names: &[String], name: &[u8]| {
            names.is_empty() || names.iter().any(|own| own.as_bytes() == name)
        };
        among(&self.users, event.user)
            && among(&self.databases, event.database)
            && self
                .since
                .is_none_or(|since| event.at.is_some_and(|at| at >= since))
            && self
                .until
                .is_none_or(|until| event.at.is_some_and(|at| at < until))
    }
}

/// All that was read.
#[derive(Debug, Default)]
pub struct Digest {
    pub(super) classes: HashMap<Vec<u8>, Class>,
    /// Statements that counted.
    pub events: u64,
    /// Statements that the filter left out.
    pub left_out: u64,
    /// Bytes of logs, as they were written.
    pub bytes: u64,
    /// Statements too long to be held, known by their beginning.
    pub cut: u64,
    /// Servers that did not tell what they have counted, each with the reason.
    pub untold: Vec<String>,
    /// What sessions said one statement after the other, where that was asked for.
    pub(super) transactions: Option<Transactions>,
}

/// Whole events of a log, and the database in use before them.
struct Part {
    events: Vec<u8>,
    used: Vec<u8>,
    /// Whether it is the first of its log.
    first: bool,
}

/// What one worker has come to.
#[derive(Default)]
struct Share {
    classes: Classes,
    events: u64,
    left_out: u64,
    transactions: Option<Transactions>,
}

impl Share {
    fn new(transactions: bool) -> Self {
        Self {
            transactions: transactions.then(Transactions::default),
            ..Self::default()
        }
    }

    /// A log begins.
    fn begin(&mut self) {
        if let Some(transactions) = &mut self.transactions {
            transactions.begin();
        }
    }

    fn take(&mut self, part: &[u8], used: &mut Vec<u8>, filter: &Filter) {
        slow_log::each(part, used, |event| self.count(event, filter));
    }

    fn count(&mut self, event: &Event<'_>, filter: &Filter) {
        if filter.takes(event) {
            self.events += 1;
            self.classes.add(event);
        } else {
            self.left_out += 1;
        }
        if let Some(transactions) = &mut self.transactions
            && filter.is_about(event)
        {
            transactions.take(event, self.classes.fingerprint(event));
        }
    }
}

/// Reads logs, one after the other, with so many workers beside the reader. `progress` is told the bytes read so far.
///
/// # Errors
/// The first log that cannot be read.
pub fn digest(
    inputs: &[Input],
    filter: &Filter,
    workers: usize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Digest, DigestError> {
    read_all(inputs, filter, workers.max(1), false, progress)
}

/// Reads logs as [`digest`] does, and what their sessions said one statement after the other: by one worker, which takes longer.
///
/// # Errors
/// The first log that cannot be read.
pub fn digest_transactions(
    inputs: &[Input],
    filter: &Filter,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Digest, DigestError> {
    read_all(inputs, filter, 1, true, progress)
}

fn read_all(
    inputs: &[Input],
    filter: &Filter,
    workers: usize,
    transactions: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Digest, DigestError> {
    let (to_work, parts) = mpsc::sync_channel::<Part>(workers * 2);
    let parts = Mutex::new(parts);
    let mut read = Reading::default();
    let shares: Vec<Share> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| work(&parts, filter, transactions)))
            .collect();
        let mut own = Share::new(transactions);
        let outcome = inputs
            .iter()
            .try_for_each(|input| read.log(input, filter, &mut own, &to_work, progress));
        drop(to_work);
        let shares = threads.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let shares = shares.chain([own]).collect();
        outcome.map(|()| shares)
    })?;
    let mut digest = Digest {
        bytes: read.bytes,
        cut: read.cut,
        ..Digest::default()
    };
    let mut classes = Classes::default();
    for share in shares {
        digest.events += share.events;
        digest.left_out += share.left_out;
        classes.merge(share.classes);
        if let Some(mut seen) = share.transactions {
            seen.finish();
            digest.transactions = Some(match digest.transactions.take() {
                Some(before) => before.joined(&seen),
                None => seen,
            });
        }
    }
    digest.classes = classes.into_inner();
    Ok(digest)
}

fn work(parts: &Mutex<Receiver<Part>>, filter: &Filter, transactions: bool) -> Share {
    let mut share = Share::new(transactions);
    loop {
        let part = parts.lock().expect("no holder of this lock panics").recv();
        let Ok(mut part) = part else { return share };
        if part.first {
            share.begin();
        }
        share.take(&part.events, &mut part.used, filter);
    }
}

#[derive(Default)]
struct Reading {
    bytes: u64,
    cut: u64,
}

impl Reading {
    fn log(
        &mut self,
        input: &Input,
        filter: &Filter,
        own: &mut Share,
        to_work: &SyncSender<Part>,
        progress: &dyn Fn(u64),
    ) -> Result<(), DigestError> {
        let failed = |source| DigestError {
            input: input.to_string(),
            source,
        };
        let mut log = open(input).map_err(failed)?;
        let (mut carried, mut used) = (Vec::new(), Vec::new());
        let mut postgres = None;
        let mut first = true;
        let mut sent = false;
        own.begin();
        loop {
            let mut block = Vec::with_capacity(carried.len() + BLOCK);
            block.append(&mut carried);
            let got = log
                .by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut block)
                .map_err(failed)?;
            self.bytes += got as u64;
            progress(self.bytes);
            if std::mem::take(&mut first) {
                postgres = PostgresLog::of(&block);
            }
            if let Some(log) = &mut postgres {
                // What a session says is put together from lines far apart: one reader does it.
                log.push(&block, |event| own.count(event, filter));
                if got == 0 {
                    log.finish(|event| own.count(event, filter));
                    return Ok(());
                }
                continue;
            }
            if got == 0 {
                // The last event, whole or not.
                let first = !sent;
                drop(to_work.send(Part {
                    events: block,
                    used,
                    first,
                }));
                return Ok(());
            }
            match slow_log::whole_events(&block) {
                Some(length) => carried = block.split_off(length),
                None if block.len() < LONGEST => {
                    carried = block;
                    continue;
                }
                None => {
                    carried = self.skip(&mut log).map_err(failed)?;
                    self.cut += 1;
                }
            }
            let before = used.clone();
            used = slow_log::database_after(&block, used);
            let part = Part {
                events: block,
                used: before,
                first: !std::mem::replace(&mut sent, true),
            };
            drop(to_work.send(part));
        }
    }

    /// Passes over what is left of an event; what was read of the next.
    fn skip(&mut self, log: &mut dyn Read) -> io::Result<Vec<u8>> {
        let mut block = Vec::new();
        loop {
            let kept = block.len().min(2);
            block.drain(..block.len() - kept);
            let got = log.take(BLOCK as u64).read_to_end(&mut block)?;
            self.bytes += got as u64;
            if got == 0 {
                return Ok(Vec::new());
            }
            if let Some(at) = memchr::memmem::find(&block, b";\n#") {
                return Ok(block.split_off(at + 2));
            }
        }
    }
}

/// Whether a file that begins so is a log of statements, packed or not, rather than statements alone.
#[must_use]
pub fn is_log(start: &[u8]) -> bool {
    let packed = start.starts_with(&[0x1f, 0x8b]) || start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    packed || memchr::memmem::find(start, b"# Query_time:").is_some() || PostgresLog::of(start).is_some()
}

/// A log, unpacked if it is packed.
fn open(input: &Input) -> io::Result<Box<dyn Read>> {
    let mut log: Box<dyn BufRead> = match input {
        Input::File(path) => Box::new(BufReader::with_capacity(256 * 1024, File::open(path)?)),
        Input::Stdin => Box::new(BufReader::new(io::stdin())),
    };
    let start = log.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(log)));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(log).map_err(io::Error::other)?;
        return Ok(Box::new(decoder));
    }
    Ok(log)
}

/// A log that grows, from its end on; where it is rotated, the new file from its beginning.
#[derive(Debug)]
pub struct Growing {
    path: PathBuf,
    file: File,
    inode: u64,
    carried: Vec<u8>,
    used: Vec<u8>,
    /// Where it is one of PostgreSQL's.
    postgres: Option<PostgresLog>,
}

/// Opens a log that grows, at its end.
///
/// # Errors
/// It cannot be read.
pub fn follow(path: &Path) -> Result<Growing, DigestError> {
    let open = || -> io::Result<Growing> {
        let mut file = File::open(path)?;
        let mut start = Vec::new();
        (&mut file).take(BLOCK as u64).read_to_end(&mut start)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Growing {
            postgres: PostgresLog::of(&start),
            inode: file.metadata()?.ino(),
            path: path.to_owned(),
            file,
            carried: Vec::new(),
            used: Vec::new(),
        })
    };
    open().map_err(|source| DigestError {
        input: path.display().to_string(),
        source,
    })
}

impl Growing {
    /// Takes in what was written since the last time. The last statement counts when the next one begins, or the file is
    /// rotated.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub fn poll(&mut self, filter: &Filter, into: &mut Digest) -> Result<(), DigestError> {
        self.read_on(filter, into).map_err(|source| DigestError {
            input: self.path.display().to_string(),
            source,
        })
    }

    fn read_on(&mut self, filter: &Filter, into: &mut Digest) -> io::Result<()> {
        let mut share = Share::default();
        loop {
            let got = (&mut self.file)
                .take(BLOCK as u64)
                .read_to_end(&mut self.carried)?;
            into.bytes += got as u64;
            if self.postgres.is_none() && self.used.is_empty() {
                // One that was empty tells by its first lines what it is.
                self.postgres = PostgresLog::of(&self.carried);
            }
            if let Some(log) = &mut self.postgres {
                log.push(&self.carried, |event| share.count(event, filter));
                self.carried.clear();
            } else if let Some(length) = slow_log::whole_events(&self.carried) {
                share.take(&self.carried[..length], &mut self.used, filter);
                self.carried.drain(..length);
            } else if self.carried.len() > LONGEST {
                self.carried.truncate(LONGEST);
            }
            if got > 0 {
                continue;
            }
            let end = self.file.stream_position()?;
            let named = std::fs::metadata(&self.path);
            if named.as_ref().is_ok_and(|named| named.ino() != self.inode) {
                if let Some(mut log) = self.postgres.take() {
                    log.finish(|event| share.count(event, filter));
                }
                share.take(&std::mem::take(&mut self.carried), &mut self.used, filter);
                self.used.clear();
                self.file = File::open(&self.path)?;
                self.inode = self.file.metadata()?.ino();
            } else if self.file.metadata()?.len() < end {
                // Emptied in place.
                self.carried.clear();
                self.file.seek(SeekFrom::Start(0))?;
            } else {
                break;
            }
        }
        into.events += share.events;
        into.left_out += share.left_out;
        let mut classes = Classes::over(std::mem::take(&mut into.classes));
        classes.merge(share.classes);
        into.classes = classes.into_inner();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Digest, Filter, Input, digest, follow};
    use crate::digest::Ranking;

    fn event(number: usize, statement: &str) -> String {
        format!(
            "# Time: 2026-11-26T09:00:{:02}Z\n# User@Host: u{}[u] @ h []\n# Query_time: 0.5  Lock_time: 0\nuse d{};\n{statement};\n",
            number % 60,
            number % 2,
            number % 3
        )
    }

    fn log() -> String {
        (0..6000)
            .map(|number| {
                event(
                    number,
                    &format!("SELECT {number} FROM t{}", "x".repeat(number % 7)),
                )
            })
            .collect()
    }

    fn read(files: &[&std::path::Path], filter: &Filter) -> Digest {
        let inputs: Vec<Input> = files.iter().map(|file| Input::File(file.to_path_buf())).collect();
        digest(&inputs, filter, 2, &|_| {}).expect("read")
    }

    #[test]
    fn packed_logs_are_read_as_plain_ones_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let log = log();
        std::fs::write(path("plain"), &log).expect("written");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(log.as_bytes()).expect("packed");
        std::fs::write(path("packed.gz"), packed.finish().expect("packed")).expect("written");
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        std::fs::write(
            path("packed"),
            ruzstd::encoding::compress_to_vec(log.as_bytes(), level),
        )
        .expect("written");
        let plain = read(&[&path("plain")], &Filter::default());
        assert_eq!((plain.events, plain.report(Ranking::Time, 0).unique), (6000, 7));
        for name in ["packed.gz", "packed"] {
            let read = read(&[&path(name)], &Filter::default());
            assert_eq!(
                read.report(Ranking::Time, 0),
                plain.report(Ranking::Time, 0),
                "{name}"
            );
        }
        let twice = read(&[&path("plain"), &path("packed")], &Filter::default());
        assert_eq!(
            (twice.events, twice.report(Ranking::Count, 1).classes[0].count),
            (12_000, 1716)
        );
    }

    #[test]
    fn filters_leave_out_and_say_how_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, log()).expect("written");
        let filter = Filter {
            users: vec!["u1".to_owned()],
            databases: vec!["d0".to_owned(), "d1".to_owned()],
            ..Filter::default()
        };
        let read = read(&[&path], &filter);
        assert_eq!((read.events, read.left_out), (2000, 4000));
    }

    #[test]
    fn a_log_that_grows_is_followed_through_a_rotation() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, event(0, "SELECT 'before'")).expect("written");
        let mut growing = follow(&path).expect("opened");
        let mut digest = Digest::default();
        let add = |text: &str| {
            let mut file = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(&path)
                .expect("opened");
            file.write_all(text.as_bytes()).expect("written");
        };
        let whole = event(1, "SELECT 1 FROM a");
        let (half, rest) = whole.split_at(70);
        add(half);
        growing.poll(&Filter::default(), &mut digest).expect("read");
        add(rest);
        add(&event(2, "SELECT 2 FROM a"));
        growing.poll(&Filter::default(), &mut digest).expect("read");
        assert_eq!(digest.events, 1, "the second may go on");
        std::fs::rename(&path, folder.path().join("log.1")).expect("rotated");
        add(&event(3, "SELECT 3 FROM b"));
        add(&event(4, "SELECT 4 FROM b"));
        growing.poll(&Filter::default(), &mut digest).expect("read");
        let report = digest.report(Ranking::Count, 0);
        let of: Vec<(&str, u64)> = report
            .classes
            .iter()
            .map(|class| (class.fingerprint.as_str(), class.count))
            .collect();
        assert_eq!(of, [("select ? from a", 2), ("select ? from b", 1)]);
    }
}
