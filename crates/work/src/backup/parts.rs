//! The stream in parts, on its way to the store.

use object_store::buffered::BufWriter;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::BackupError;
use super::layout::{BackupPart, FOLDER, PART};
use crate::Depot;
use crate::hex::hex;

/// Bytes that go to the store at once: an upload has no more than 10,000 pieces (Amazon S3 User Guide, "Multipart upload limits").
const PIECE: u64 = 8 << 20;
const PIECES: u64 = 10_000;

/// Writes the parts, one after the other.
pub(super) struct Parts<'a> {
    depot: &'a Depot,
    part_bytes: u64,
    done: Vec<BackupPart>,
    open: Option<Open>,
}

struct Open {
    name: String,
    writer: BufWriter,
    hasher: Sha256,
    bytes: u64,
}

impl<'a> Parts<'a> {
    pub(super) fn new(depot: &'a Depot, part_bytes: u64) -> Self {
        Self {
            depot,
            part_bytes: part_bytes.max(1),
            done: Vec::new(),
            open: None,
        }
    }

    /// The next bytes of the stream. Waits while the store is behind.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), BackupError> {
        while !bytes.is_empty() {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.begin(),
            };
            let room = usize::try_from(self.part_bytes - open.bytes).unwrap_or(usize::MAX);
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            open.hasher.update(now);
            open.bytes += now.len() as u64;
            open.writer
                .write_all(now)
                .await
                .map_err(unwritten(self.depot, &open.name))?;
            if open.bytes < self.part_bytes {
                self.open = Some(open);
            } else {
                self.end(open).await?;
            }
            bytes = rest;
        }
        Ok(())
    }

    /// All parts, once the last is there and each is seen as large as it was written.
    pub(super) async fn finish(mut self) -> Result<Vec<BackupPart>, BackupError> {
        if let Some(open) = self.open.take() {
            self.end(open).await?;
        }
        for part in &self.done {
            let trouble = match self.depot.size(&part.name).await? {
                Some(bytes) if bytes == part.bytes => continue,
                Some(bytes) => format!("has {bytes} bytes, and {} were written", part.bytes),
                None => "is not there any more".to_owned(),
            };
            return Err(BackupError::NotThere {
                name: part.name.clone(),
                place: self.depot.place().to_string(),
                trouble,
            });
        }
        Ok(self.done)
    }

    fn begin(&self) -> Open {
        let name = format!("{FOLDER}/{PART}{:06}", self.done.len());
        let piece = PIECE.max(self.part_bytes.div_ceil(PIECES));
        Open {
            writer: self
                .depot
                .writer(&name, usize::try_from(piece).unwrap_or(usize::MAX)),
            name,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    async fn end(&mut self, mut open: Open) -> Result<(), BackupError> {
        open.writer
            .shutdown()
            .await
            .map_err(unwritten(self.depot, &open.name))?;
        self.done.push(BackupPart {
            name: open.name,
            bytes: open.bytes,
            sha256: hex(&open.hasher.finalize()),
        });
        Ok(())
    }
}

fn unwritten(depot: &Depot, name: &str) -> impl FnOnce(std::io::Error) -> BackupError {
    let (name, place) = (name.to_owned(), depot.place().to_string());
    |source| BackupError::Unwritten { name, place, source }
}
