//! The stream of a backup program: chunks of many files, one after the other.
//!
//! Source: Percona XtraBackup's documentation, "The xbstream binary"; the format is mariadb-backup's, too. A chunk is `XBSTCK01`, a
//! byte of flags, its type, the length of a path and the path; then of a chunk with data (`P`, or `S` with a map of holes) the
//! data's length, their place in the file, and a CRC-32 over map and data. `E` ends a file. Numbers are little-endian.

use std::collections::{BTreeSet, HashMap};

use crc32fast::Hasher;

/// What each chunk begins with.
const MAGIC: &[u8; 8] = b"XBSTCK01";
/// Bytes up to a chunk's path.
const HEAD: usize = 14;
/// A path is no longer.
const LONGEST_PATH: usize = 4096;
/// Bytes of length, place and checksum.
const MEASURES: usize = 20;
/// Bytes for each hole, and the most holes of a chunk.
const HOLE: usize = 8;
const MOST_HOLES: usize = 1 << 20;
/// Small files that tell of the backup itself; MariaDB 11 calls them otherwise.
pub(super) const BINLOG: [&str; 2] = ["xtrabackup_binlog_info", "mariadb_backup_binlog_info"];
pub(super) const REPLICA: [&str; 2] = ["xtrabackup_slave_info", "mariadb_backup_slave_info"];
pub(super) const KIND: [&str; 2] = ["xtrabackup_checkpoints", "mariadb_backup_checkpoints"];
/// They are no larger: more of one is not kept.
const KEPT: usize = 1 << 20;

/// Why a stream is no whole backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// No chunk begins where one has to.
    #[error("at byte {0} there is no chunk")]
    NoChunk(u64),
    /// A type that is not known.
    #[error("at byte {at} there is a chunk of type {kind:?}")]
    Unknown {
        /// Where.
        at: u64,
        /// Which.
        kind: char,
    },
    /// A chunk is larger than the format has it.
    #[error("at byte {0} there is a chunk whose measures cannot be")]
    Measures(u64),
    /// The data of a file are not what was written.
    #[error("{path} is damaged at its byte {offset}")]
    Damaged {
        /// The file.
        path: String,
        /// Where in it.
        offset: u64,
    },
    /// The stream ended within a chunk.
    #[error("it ends in the middle of {0}")]
    CutOff(String),
    /// Files whose end never came.
    #[error("{0} never ended")]
    Open(String),
    /// It is no backup of a server.
    #[error("it holds no {0}")]
    Lacks(&'static str),
    /// It goes on from another backup.
    #[error("it is {0}, not a full backup")]
    Partial(String),
}

/// What a whole stream held.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Files.
    pub(super) files: u64,
    /// Bytes of them that were in the stream.
    pub(super) bytes: u64,
    /// The small files that tell of it.
    kept: HashMap<String, Vec<u8>>,
}

impl Contents {
    /// The text of one of the small files, by any of its names.
    pub(super) fn told(&self, names: [&str; 2]) -> Option<String> {
        let found = names.iter().find_map(|name| self.kept.get(*name))?;
        Some(String::from_utf8_lossy(found).into_owned())
    }
}

/// A chunk whose head was read.
#[derive(Debug)]
struct Chunk {
    path: String,
    offset: u64,
    left: u64,
    checksum: u32,
    hasher: Hasher,
}

/// Reads a stream as it passes.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What of a chunk's head has come.
    head: Vec<u8>,
    /// The chunk whose data are passing.
    chunk: Option<Chunk>,
    /// Bytes that have passed.
    at: u64,
    open: BTreeSet<String>,
    contents: Contents,
}

impl Stream {
    /// The next bytes.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        while !bytes.is_empty() {
            bytes = match self.chunk.take() {
                Some(chunk) => self.data(chunk, bytes)?,
                None => self.head(bytes)?,
            };
        }
        Ok(())
    }

    /// The end of it.
    pub(super) fn finish(self) -> Result<Contents, Broken> {
        if let Some(chunk) = self.chunk {
            return Err(Broken::CutOff(chunk.path));
        }
        if !self.head.is_empty() {
            return Err(Broken::CutOff("a chunk's head".to_owned()));
        }
        if let Some(path) = self.open.into_iter().next() {
            return Err(Broken::Open(path));
        }
        let Some(kind) = self.contents.told(KIND) else {
            return Err(Broken::Lacks(KIND[0]));
        };
        // `full-backuped` of all versions, `full-prepared` once it was made ready.
        let kind = kind.lines().find_map(|line| line.strip_prefix("backup_type = "));
        match kind.map(str::trim) {
            Some(full) if full.starts_with("full") => Ok(self.contents),
            other => Err(Broken::Partial(other.unwrap_or("of no type").to_owned())),
        }
    }

    fn data<'a>(&mut self, mut chunk: Chunk, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
        let take = usize::try_from(chunk.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (now, rest) = bytes.split_at(take);
        chunk.hasher.update(now);
        chunk.left -= now.len() as u64;
        self.at += now.len() as u64;
        self.contents.bytes += now.len() as u64;
        if let Some(kept) = self.contents.kept.get_mut(&chunk.path)
            && kept.len() + now.len() <= KEPT
        {
            kept.extend_from_slice(now);
        }
        if chunk.left > 0 {
            self.chunk = Some(chunk);
        } else if chunk.hasher.finalize() != chunk.checksum {
            return Err(Broken::Damaged {
                path: chunk.path,
                offset: chunk.offset,
            });
        }
        Ok(rest)
    }

    fn head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
        let wanted = self.wanted()?;
        let take = (wanted - self.head.len()).min(bytes.len());
        let (now, rest) = bytes.split_at(take);
        self.head.extend_from_slice(now);
        self.at += now.len() as u64;
        if self.head.len() == wanted && self.wanted()? == wanted {
            self.begin()?;
        }
        Ok(rest)
    }

    /// Bytes of the head, as far as what has come tells.
    fn wanted(&self) -> Result<usize, Broken> {
        let start = self.at - self.head.len() as u64;
        if self.head.len() < HEAD {
            return Ok(HEAD);
        }
        if !self.head.starts_with(MAGIC) {
            return Err(Broken::NoChunk(start));
        }
        let path = number(&self.head[10..14]);
        let path = usize::try_from(path).unwrap_or(usize::MAX);
        if path > LONGEST_PATH {
            return Err(Broken::Measures(start));
        }
        let named = HEAD + path;
        match self.head[9] {
            b'E' => Ok(named),
            b'P' => Ok(named + MEASURES),
            b'S' if self.head.len() < named + 4 => Ok(named + 4),
            b'S' => {
                let holes = usize::try_from(number(&self.head[named..named + 4])).unwrap_or(usize::MAX);
                if holes > MOST_HOLES {
                    return Err(Broken::Measures(start));
                }
                Ok(named + 4 + MEASURES + holes * HOLE)
            }
            other => Err(Broken::Unknown {
                at: start,
                kind: char::from(other),
            }),
        }
    }

    /// The head is whole.
    fn begin(&mut self) -> Result<(), Broken> {
        let head = std::mem::take(&mut self.head);
        let named = HEAD + usize::try_from(number(&head[10..14])).unwrap_or(0);
        let path = String::from_utf8_lossy(&head[HEAD..named]).into_owned();
        if head[9] == b'E' {
            self.contents.files += 1;
            // An empty file has an end and nothing else.
            self.open.remove(&path);
            return Ok(());
        }
        let measures = named + if head[9] == b'S' { 4 } else { 0 };
        let mut hasher = Hasher::new();
        hasher.update(&head[measures + MEASURES..]);
        let chunk = Chunk {
            offset: number(&head[measures + 8..measures + 16]),
            left: number(&head[measures..measures + 8]),
            checksum: u32::try_from(number(&head[measures + 16..measures + 20])).unwrap_or(0),
            hasher,
            path,
        };
        if [BINLOG, REPLICA, KIND]
            .as_flattened()
            .contains(&chunk.path.as_str())
        {
            self.contents.kept.entry(chunk.path.clone()).or_default();
        }
        if !self.open.contains(&chunk.path) {
            self.open.insert(chunk.path.clone());
        }
        if chunk.left > 0 {
            self.chunk = Some(chunk);
            return Ok(());
        }
        self.data(chunk, &[]).map(drop)
    }
}

/// A little-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BINLOG, Broken, Contents, Stream};

    fn chunk(kind: u8, path: &str, offset: u64, data: &[u8]) -> Vec<u8> {
        let mut chunk = b"XBSTCK01\0".to_vec();
        chunk.push(kind);
        chunk.extend(u32::try_from(path.len()).expect("short").to_le_bytes());
        chunk.extend(path.as_bytes());
        // A map of one hole.
        let map: &[u8] = if kind == b'S' {
            &[9, 0, 0, 0, 3, 0, 0, 0]
        } else {
            &[]
        };
        if kind == b'S' {
            chunk.extend(1_u32.to_le_bytes());
        }
        if kind != b'E' {
            chunk.extend((data.len() as u64).to_le_bytes());
            chunk.extend(offset.to_le_bytes());
            let checksum = crc32fast::hash(&[map, data].concat());
            chunk.extend(checksum.to_le_bytes());
            chunk.extend(map);
            chunk.extend(data);
        }
        chunk
    }

    /// A stream of two files side by side and what tells of it.
    fn stream() -> Vec<u8> {
        [
            chunk(b'P', "shop/a.ibd", 0, &[7; 3000]),
            chunk(b'S', "shop/b.ibd", 0, &[8; 100]),
            chunk(b'P', "shop/a.ibd", 3000, b"end"),
            chunk(b'E', "shop/a.ibd", 0, &[]),
            chunk(b'E', "shop/b.ibd", 0, &[]),
            chunk(b'P', "shop/empty", 0, &[]),
            chunk(b'E', "shop/empty", 0, &[]),
            chunk(b'P', BINLOG[0], 0, b"log.000007\t"),
            chunk(b'P', BINLOG[0], 11, b"4711\n"),
            chunk(b'E', BINLOG[0], 0, &[]),
            chunk(
                b'P',
                super::KIND[0],
                0,
                b"backup_type = full-backuped\nfrom_lsn = 0\n",
            ),
            chunk(b'E', super::KIND[0], 0, &[]),
        ]
        .concat()
    }

    fn read(bytes: &[u8], step: usize) -> Result<Contents, Broken> {
        let mut stream = Stream::default();
        for some in bytes.chunks(step) {
            stream.pass(some)?;
        }
        stream.finish()
    }

    proptest! {
        #[test]
        fn it_is_read_however_it_is_cut(step in 1_usize..4000) {
            let contents = read(&stream(), step).expect("whole");
            prop_assert_eq!((contents.files, contents.bytes), (5, 3000 + 100 + 3 + 16 + 41));
            prop_assert_eq!(contents.told(BINLOG), Some("log.000007\t4711\n".to_owned()));
        }

        #[test]
        fn one_that_is_cut_off_is_no_backup(keep in 0_usize..3400) {
            let whole = stream();
            prop_assume!(keep < whole.len());
            prop_assert!(read(&whole[..keep], 1000).is_err());
        }

        #[test]
        fn a_bit_that_changed_is_found(at in 0_usize..3400, bit in 0_u8..8) {
            let mut damaged = stream();
            prop_assume!(at < damaged.len());
            // Nobody has a use for the flags, and a place in a file is not under the checksum.
            damaged[at] ^= 1 << bit;
            let (flags, places) = changed_in(&stream(), at);
            prop_assume!(!flags && !places);
            prop_assert!(read(&damaged, 700).is_err(), "{}", at);
        }
    }

    /// Whether a byte is of a chunk's flags, or of its place in its file.
    fn changed_in(whole: &[u8], at: usize) -> (bool, bool) {
        let begins = whole.windows(8).rposition(|eight| eight == b"XBSTCK01");
        let starts: Vec<usize> = (0..whole.len())
            .filter(|start| whole[*start..].starts_with(b"XBSTCK01"))
            .collect();
        assert!(begins.is_some());
        let start = starts
            .iter()
            .rev()
            .find(|start| **start <= at)
            .copied()
            .unwrap_or(0);
        let named = start + 14 + usize::from(whole[start + 10]);
        let offset = named + 8 + if whole[start + 9] == b'S' { 4 } else { 0 };
        (at == start + 8, (offset..offset + 8).contains(&at))
    }

    #[test]
    fn what_is_no_full_backup_is_refused() {
        let only = |kind: &str| {
            [
                chunk(b'P', super::KIND[1], 0, kind.as_bytes()),
                chunk(b'E', super::KIND[1], 0, &[]),
            ]
            .concat()
        };
        assert!(read(&only("backup_type = full-backuped\n"), 9).is_ok());
        assert_eq!(
            read(&only("backup_type = incremental\n"), 9).expect_err("refused"),
            Broken::Partial("incremental".to_owned())
        );
        assert_eq!(
            read(&[], 9).expect_err("refused"),
            Broken::Lacks("xtrabackup_checkpoints")
        );
        assert_eq!(
            read(b"-- a dump of SQL --", 9).expect_err("refused"),
            Broken::NoChunk(0)
        );
        let unknown = chunk(b'R', "shop/a.ibd", 0, &[]);
        assert_eq!(
            read(&unknown, 9).expect_err("refused"),
            Broken::Unknown { at: 0, kind: 'R' }
        );
    }
}
