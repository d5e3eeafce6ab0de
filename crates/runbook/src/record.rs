//! One line of the journal and the chain that holds it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::entry::{Entry, RunId};

/// The version of a record's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormatVersion(pub u32);

impl FormatVersion {
    /// What this program writes.
    pub const CURRENT: Self = Self(1);
    /// The oldest form it still reads.
    pub const OLDEST: Self = Self(1);

    /// Whether this program may read and extend a journal of this version.
    ///
    /// # Errors
    /// When it may not, saying which program can.
    pub fn check(self) -> Result<(), WrongFormat> {
        if self > Self::CURRENT {
            return Err(WrongFormat::TooNew { found: self });
        }
        if self < Self::OLDEST {
            return Err(WrongFormat::TooOld {
                found: self,
                readable_by: last_release_reading(self),
            });
        }
        Ok(())
    }
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The last release that reads a version older than [`FormatVersion::OLDEST`]. A version that is retired gets its line here.
fn last_release_reading(version: FormatVersion) -> &'static str {
    match version.0 {
        0 => "no release (the file was not made by daybreak)",
        _ => "the release that wrote it",
    }
}

/// A journal this program must not touch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongFormat {
    /// Written by a newer program; writing to it could break that program's reading.
    #[error(
        "the journal has format {found}, this program knows up to {}",
        FormatVersion::CURRENT
    )]
    TooNew {
        /// Its version.
        found: FormatVersion,
    },
    /// Written by a program too old.
    #[error(
        "the journal has format {found}, this program reads from {}; it is readable by {readable_by}",
        FormatVersion::OLDEST
    )]
    TooOld {
        /// Its version.
        found: FormatVersion,
        /// The last release that reads it.
        readable_by: &'static str,
    },
}

/// SHA-256 of a record and, through it, of everything before it. Shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record names as its predecessor.
    pub const ZERO: Self = Self([0; 32]);

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One line of the journal, exactly as it is stored: texts stay texts, so that a hash never depends on how a library
/// prints a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was written, RFC 3339 in UTC.
    pub at: String,
    /// The form of this record.
    pub version: FormatVersion,
    /// The run it belongs to.
    pub run: RunId,
    /// The entry's kind.
    pub kind: String,
    /// The step it is about.
    pub step: Option<String>,
    /// Who caused it.
    pub actor: String,
    /// The entry as JSON.
    pub payload: String,
    /// The hash of the record before.
    pub prev_hash: Hash,
    /// SHA-256 over `prev_hash` and all fields above.
    pub hash: Hash,
}

/// The first record at which the journal cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("the journal is broken at record {seq}: {why}")]
pub struct BrokenChain {
    /// Its number, or the number it should have.
    pub seq: u64,
    /// What is wrong with it.
    pub why: String,
}

impl Record {
    /// Makes the record that follows (`seq - 1`, `prev_hash`).
    pub(crate) fn new(
        seq: u64,
        at: Timestamp,
        run: RunId,
        actor: &str,
        entry: &Entry,
        prev_hash: Hash,
    ) -> Self {
        let mut record = Self {
            seq,
            at: at.to_string(),
            version: FormatVersion::CURRENT,
            run,
            kind: entry.kind().to_owned(),
            step: entry.step().map(str::to_owned),
            actor: actor.to_owned(),
            payload: serde_json::to_string(entry).expect("an entry has only string keys"),
            prev_hash,
            hash: Hash::ZERO,
        };
        record.hash = record.compute_hash();
        record
    }

    /// What happened.
    ///
    /// # Errors
    /// When the payload is no entry this program knows, or is not about what the record's columns say.
    pub fn entry(&self) -> Result<Entry, BrokenChain> {
        let broken = |why: String| BrokenChain { seq: self.seq, why };
        let entry: Entry =
            serde_json::from_str(&self.payload).map_err(|e| broken(format!("unreadable payload: {e}")))?;
        if entry.kind() != self.kind || entry.step() != self.step.as_deref() {
            return Err(broken(
                "its payload is about something else than its columns".into(),
            ));
        }
        Ok(entry)
    }

    /// When it was written.
    ///
    /// # Errors
    /// When the text is no time.
    pub fn at(&self) -> Result<Timestamp, BrokenChain> {
        self.at.parse().map_err(|e| BrokenChain {
            seq: self.seq,
            why: format!("unreadable time: {e}"),
        })
    }

    /// SHA-256 over the predecessor's hash and every field, each preceded by its length so that no two records share bytes.
    pub fn compute_hash(&self) -> Hash {
        let mut sha = Sha256::new();
        sha.update(self.prev_hash.0);
        let mut field = |bytes: &[u8]| {
            sha.update((bytes.len() as u64).to_be_bytes());
            sha.update(bytes);
        };
        field(&self.seq.to_be_bytes());
        field(self.at.as_bytes());
        field(&self.version.0.to_be_bytes());
        field(&self.run.0.to_be_bytes());
        field(self.kind.as_bytes());
        field(&[u8::from(self.step.is_some())]);
        field(self.step.as_deref().unwrap_or_default().as_bytes());
        field(self.actor.as_bytes());
        field(self.payload.as_bytes());
        Hash(sha.finalize().into())
    }

    /// One line of JSON, without its end. The payload is the last field, verbatim.
    pub fn to_json_line(&self) -> String {
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        format!(
            r#"{{"seq":{},"at":{},"version":{},"run":{},"kind":{},"step":{},"actor":{},"prev_hash":"{}","hash":"{}","payload":{}}}"#,
            self.seq,
            quote(&self.at),
            self.version,
            self.run,
            quote(&self.kind),
            self.step.as_deref().map_or_else(|| "null".to_owned(), quote),
            quote(&self.actor),
            self.prev_hash,
            self.hash,
            self.payload,
        )
    }

    /// Reads [`to_json_line`](Self::to_json_line) back, so that an exported journal can be checked anywhere.
    ///
    /// # Errors
    /// When the line has not that form.
    pub fn from_json_line(line: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Line {
            seq: u64,
            at: String,
            version: FormatVersion,
            run: RunId,
            kind: String,
            step: Option<String>,
            actor: String,
            prev_hash: String,
            hash: String,
        }
        use serde::de::Error;
        const PAYLOAD: &str = r#","payload":"#;
        let fields: Line = serde_json::from_str(line)?;
        // No earlier field can hold these bytes: inside a JSON string a quote is escaped.
        let payload = line
            .find(PAYLOAD)
            .and_then(|at| line[at + PAYLOAD.len()..].strip_suffix('}'))
            .ok_or_else(|| serde_json::Error::custom("the payload is not the last field"))?;
        let hash = |text: &str| {
            Hash::from_hex(text).ok_or_else(|| serde_json::Error::custom("not a SHA-256 in hexadecimal"))
        };
        Ok(Self {
            prev_hash: hash(&fields.prev_hash)?,
            hash: hash(&fields.hash)?,
            seq: fields.seq,
            at: fields.at,
            version: fields.version,
            run: fields.run,
            kind: fields.kind,
            step: fields.step,
            actor: fields.actor,
            payload: payload.to_owned(),
        })
    }
}

/// Checks numbers, links and hashes from the first record on.
///
/// # Errors
/// Names the first record that is not what was written.
pub fn verify_chain(records: &[Record]) -> Result<(), BrokenChain> {
    let mut prev_hash = Hash::ZERO;
    for (seq, record) in (1..).zip(records) {
        let broken = |why: &str| {
            Err(BrokenChain {
                seq,
                why: why.to_owned(),
            })
        };
        if record.seq != seq {
            return broken(&format!("record {} stands in its place", record.seq));
        }
        if record.prev_hash != prev_hash {
            return broken("it does not follow the record before it");
        }
        if record.hash != record.compute_hash() {
            return broken("its hash does not match its contents");
        }
        prev_hash = record.hash;
    }
    Ok(())
}
