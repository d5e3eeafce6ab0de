//! One file of rows: from blocks to the store and back, some of it in memory at a time.

use bytes::Bytes;
use daybreak_engine::Block;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use zstd::stream::raw::{Decoder, Encoder, InBuffer, Operation, OutBuffer};

use super::layout::{Packing, Stored};
use super::{DumpError, DumpLimits};
use crate::Depot;
use crate::hex::hex;

/// Zstd's own default: files of rows shrink to a third or so of their size at some hundred megabytes a second.
const LEVEL: i32 = 3;
/// What is unpacked at once: one block.
const BLOCK: usize = 256 << 10;
/// What is fetched at once.
const FETCHED: u64 = 4 << 20;

/// A file's name in the store, and how it is packed there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) folder: &'a str,
    pub(super) name: &'a str,
    pub(super) packing: Packing,
}

impl Named<'_> {
    fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }
}

/// What was written.
pub(super) struct Written {
    /// Bytes before they were packed.
    pub(super) bytes: u64,
    /// Absent where there was nothing to write: Aurora takes no empty file.
    pub(super) file: Option<Stored>,
}

/// Writes the blocks of a range. The file is there once they have ended in good order; `None` where they broke off.
pub(super) async fn write(
    depot: &Depot,
    named: Named<'_>,
    limits: &DumpLimits,
    part: usize,
    mut blocks: mpsc::Receiver<Block>,
) -> Result<Option<Written>, DumpError> {
    let path = named.path();
    let mut writer = depot.writer(&path, part);
    let mut packer = Packer::new(named.packing).map_err(|error| unpackable(depot, &path, &error))?;
    let (mut bytes, mut size, mut hash) = (0, 0, Sha256::new());
    loop {
        let (packed, last) = match blocks.recv().await {
            Some(Block::Rows(rows)) => {
                bytes += rows.len() as u64;
                (packer.pack(rows), false)
            }
            Some(Block::End) if bytes == 0 => return Ok(Some(Written { bytes, file: None })),
            Some(Block::End) => (packer.end(), true),
            None => {
                // What was uploaded of it goes; where even that fails, nothing refers to it.
                if let Err(error) = writer.abort().await {
                    tracing::debug!(%error, path, "an upload was not taken back");
                }
                return Ok(None);
            }
        };
        let packed = packed.map_err(|error| unpackable(depot, &path, &error))?;
        hash.update(&packed);
        size += packed.len() as u64;
        if size > limits.file_bytes {
            let _ = writer.abort().await;
            return Err(DumpError::TooLarge(format!(
                "{path} has more than {} bytes, and S3 takes no larger object: its table has no key by which it could be cut",
                limits.file_bytes
            )));
        }
        let put = writer.put(packed).await;
        put.map_err(depot.failed(format!("write {path}")))?;
        if last {
            break;
        }
    }
    let shut = writer.shutdown().await;
    shut.map_err(|error| {
        let generic = object_store::Error::Generic {
            store: "dump",
            source: Box::new(error),
        };
        depot.failed(format!("write {path}"))(generic)
    })?;
    Ok(Some(Written {
        bytes,
        file: Some(Stored {
            name: named.name.to_owned(),
            size,
            sha256: hex(&hash.finalize()),
        }),
    }))
}

/// Sends the blocks of a file, and `End` only once all of it was as the list says. False when nobody takes them any more.
pub(super) async fn read(
    depot: &Depot,
    named: Named<'_>,
    stored: &Stored,
    blocks: &mpsc::Sender<Block>,
) -> Result<bool, DumpError> {
    let path = named.path();
    let damaged = |trouble: String| DumpError::Damaged {
        name: path.clone(),
        place: depot.place().to_string(),
        trouble,
    };
    let mut unpacker = Unpacker::new(named.packing).map_err(|error| damaged(error.to_string()))?;
    let (mut from, mut hash) = (0, Sha256::new());
    while from < stored.size {
        let to = stored.size.min(from + FETCHED);
        let part = depot.part(&path, from, to).await?;
        if part.len() as u64 != to - from {
            return Err(damaged(format!("it is shorter than its {} bytes", stored.size)));
        }
        from = to;
        hash.update(&part);
        let mut left = &part[..];
        while let Some(rows) = unpacker
            .next(&mut left)
            .map_err(|error| damaged(error.to_string()))?
        {
            if blocks.send(Block::Rows(rows)).await.is_err() {
                return Ok(false);
            }
        }
    }
    if hex(&hash.finalize()) != stored.sha256 {
        return Err(damaged(
            "its SHA-256 is not the one in its table's list".to_owned(),
        ));
    }
    Ok(true)
}

fn unpackable(depot: &Depot, path: &str, error: &std::io::Error) -> DumpError {
    DumpError::Damaged {
        name: path.to_owned(),
        place: depot.place().to_string(),
        trouble: format!("it cannot be packed: {error}"),
    }
}

/// Packs blocks one after the other.
enum Packer {
    Zstd(Box<Encoder<'static>>),
    None,
}

impl Packer {
    fn new(packing: Packing) -> std::io::Result<Self> {
        Ok(match packing {
            Packing::Zstd => Self::Zstd(Box::new(Encoder::new(LEVEL)?)),
            Packing::None => Self::None,
        })
    }

    fn pack(&mut self, rows: Bytes) -> std::io::Result<Bytes> {
        let Self::Zstd(encoder) = self else {
            return Ok(rows);
        };
        let mut packed = Vec::with_capacity(zstd::zstd_safe::compress_bound(rows.len()));
        let mut rest = InBuffer::around(&rows);
        while rest.pos < rows.len() {
            packed.reserve(zstd::zstd_safe::CCtx::out_size());
            let at = packed.len();
            encoder.run(&mut rest, &mut OutBuffer::around_pos(&mut packed, at))?;
        }
        Ok(packed.into())
    }

    fn end(&mut self) -> std::io::Result<Bytes> {
        let Self::Zstd(encoder) = self else {
            return Ok(Bytes::new());
        };
        let mut packed = Vec::new();
        loop {
            packed.reserve(zstd::zstd_safe::CCtx::out_size());
            let at = packed.len();
            if encoder.finish(&mut OutBuffer::around_pos(&mut packed, at), true)? == 0 {
                return Ok(packed.into());
            }
        }
    }
}

/// Unpacks what comes, a block at a time: however well it was packed, no more than that is in memory.
enum Unpacker {
    Zstd(Box<Decoder<'static>>),
    None,
}

impl Unpacker {
    fn new(packing: Packing) -> std::io::Result<Self> {
        Ok(match packing {
            Packing::Zstd => Self::Zstd(Box::new(Decoder::new()?)),
            Packing::None => Self::None,
        })
    }

    /// The next block of what is `left`, which becomes less; `None` once there is no more in it.
    fn next(&mut self, left: &mut &[u8]) -> std::io::Result<Option<Bytes>> {
        match self {
            Self::None => {
                let (block, rest) = left.split_at(left.len().min(BLOCK));
                *left = rest;
                Ok((!block.is_empty()).then(|| Bytes::copy_from_slice(block)))
            }
            Self::Zstd(decoder) => {
                let mut block = Vec::with_capacity(BLOCK);
                loop {
                    let mut input = InBuffer::around(left);
                    let at = block.len();
                    let mut output = OutBuffer::around_pos(&mut block, at);
                    decoder.run(&mut input, &mut output)?;
                    let (taken, made) = (input.pos, output.pos() - at);
                    *left = &left[taken..];
                    // What is full is passed on; and the decoder is asked until it takes and makes nothing more, for it may hold
                    // more than one block of what it has taken.
                    if block.len() == BLOCK || (taken == 0 && made == 0) {
                        return Ok((!block.is_empty()).then(|| block.into()));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytes::Bytes;
    use daybreak_engine::Block;
    use tokio::sync::mpsc;

    use super::{Named, Stored, read, write};
    use crate::Depot;
    use crate::dump::{DumpError, DumpLimits, Packing};

    fn named(packing: Packing) -> Named<'static> {
        Named {
            folder: "rows/t",
            name: "000001.tsv",
            packing,
        }
    }

    async fn written(
        depot: &Depot,
        packing: Packing,
        rows: &[Bytes],
        limits: &DumpLimits,
        whole: bool,
    ) -> Result<Option<Stored>, DumpError> {
        let (blocks, received) = mpsc::channel(4);
        let rows = rows.to_vec();
        let sender = tokio::spawn(async move {
            for block in rows {
                if blocks.send(Block::Rows(block)).await.is_err() {
                    return;
                }
            }
            if whole {
                let _ = blocks.send(Block::End).await;
            }
        });
        let written = write(depot, named(packing), limits, 5 << 20, received).await;
        sender.await.expect("sent");
        Ok(written?.and_then(|written| written.file))
    }

    async fn read_back(depot: &Depot, packing: Packing, stored: &Stored) -> Result<Vec<u8>, DumpError> {
        let (blocks, mut received) = mpsc::channel(4);
        let gathered = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(Block::Rows(rows)) = received.recv().await {
                assert!(rows.len() <= super::BLOCK);
                all.extend_from_slice(&rows);
            }
            all
        });
        let read = read(depot, named(packing), stored, &blocks).await;
        drop(blocks);
        let all = gathered.await.expect("gathered");
        read.map(|_| all)
    }

    fn file(folder: &Path) -> std::path::PathBuf {
        folder.join("rows/t/000001.tsv")
    }

    #[tokio::test]
    async fn every_byte_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let depot = Depot::directory(folder.path()).expect("a depot");
        // Much of one byte, so that little packed is much unpacked, and what cannot be packed.
        let noise: Vec<u8> = (0..600_000_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let rows = [
            Bytes::from(vec![b'a'; 9 << 20]),
            noise.into(),
            Bytes::from_static(b"end\n"),
        ];
        for packing in [Packing::Zstd, Packing::None] {
            let stored = written(&depot, packing, &rows, &DumpLimits::default(), true)
                .await
                .expect("written");
            let stored = stored.expect("a file");
            assert_eq!(
                std::fs::metadata(file(folder.path())).expect("a file").len(),
                stored.size
            );
            assert!(
                packing == Packing::None || stored.size < 1 << 20,
                "{}",
                stored.size
            );
            assert!(read_back(&depot, packing, &stored).await.expect("read") == rows.concat());
        }
    }

    #[tokio::test]
    async fn nothing_is_there_of_what_broke_off_or_is_too_large_or_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let depot = Depot::directory(folder.path()).expect("a depot");
        let rows = [Bytes::from_static(b"1\n"), Bytes::from_static(b"2\n")];
        let limits = DumpLimits::default();
        assert_eq!(
            written(&depot, Packing::None, &rows, &limits, false)
                .await
                .expect("no error"),
            None
        );
        assert_eq!(
            written(&depot, Packing::None, &[], &limits, true)
                .await
                .expect("no error"),
            None
        );
        let small = DumpLimits {
            file_bytes: 3,
            ..limits
        };
        let error = written(&depot, Packing::None, &rows, &small, true)
            .await
            .expect_err("too large");
        assert!(matches!(error, DumpError::TooLarge(_)), "{error}");
        assert!(!file(folder.path()).exists());
    }

    #[tokio::test]
    async fn a_file_that_was_changed_or_cut_never_ends_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let depot = Depot::directory(folder.path()).expect("a depot");
        let rows = [Bytes::from_static(b"1\ta\n2\tb\n")];
        for packing in [Packing::Zstd, Packing::None] {
            let stored = written(&depot, packing, &rows, &DumpLimits::default(), true)
                .await
                .expect("written");
            let stored = stored.expect("a file");
            let whole = std::fs::read(file(folder.path())).expect("its bytes");
            for at in 0..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                std::fs::write(file(folder.path()), changed).expect("written");
                let error = read_back(&depot, packing, &stored).await.expect_err("changed");
                assert!(matches!(error, DumpError::Damaged { .. }), "{error}");
            }
            std::fs::write(file(folder.path()), &whole[..whole.len() - 1]).expect("written");
            assert!(read_back(&depot, packing, &stored).await.is_err());
        }
    }
}
