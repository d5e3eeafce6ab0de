//! What we made, on disk before the provider is asked: each line says an intent or that it was done.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::resource::Kind;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is about to be made.
    Making,
    /// The provider has taken it on.
    Made,
    /// It is about to be changed.
    Changing,
    /// It was changed.
    Changed,
    /// It is about to be deleted.
    Deleting,
    /// It is gone.
    Deleted,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in seconds since 1970.
    pub at: u64,
    /// What is said.
    pub what: What,
    /// Of which kind of resource.
    pub kind: Kind,
    /// Of which.
    pub name: String,
}

/// The file cannot be used.
#[derive(Debug, Error)]
#[error("failed to use the ledger {}: {why}", path.display())]
pub struct LedgerError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// The file. A last line that was cut off by a kill is taken away; any other that cannot be read is an error.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
}

impl Ledger {
    /// Opens it, or begins one; holds a lock on it, so that two commands never work on one cluster.
    ///
    /// # Errors
    /// When it cannot be read or written, or another command works on it.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let wrong = |why: String| LedgerError {
            path: path.to_owned(),
            why,
        };
        let failed = |error: std::io::Error| wrong(error.to_string());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.try_lock()
            .map_err(|_| wrong("another command works on this cluster".to_owned()))?;
        let mut text = String::new();
        (&file).read_to_string(&mut text).map_err(failed)?;
        // Half a line is one that a kill cut off: what it was to say was never done.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(failed)?;
        let entries = text[..whole].lines().enumerate().map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| wrong(format!("line {}: {error}", index + 1)))
        });
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.to_owned(),
            file,
            entries,
        })
    }

    /// Adds a line; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&mut self, what: What, kind: Kind, name: &str) -> Result<(), LedgerError> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let entry = Entry {
            at: now.map_or(0, |since| since.as_secs()),
            what,
            kind,
            name: name.to_owned(),
        };
        let line = serde_json::to_string(&entry).unwrap_or_default();
        let written = writeln!(self.file, "{line}").and_then(|()| self.file.sync_data());
        written.map_err(|error| LedgerError {
            path: self.path.clone(),
            why: error.to_string(),
        })?;
        self.entries.push(entry);
        Ok(())
    }

    /// Whether we made, or were about to make, this resource, and did not delete it since.
    #[must_use]
    pub fn is_ours(&self, kind: Kind, name: &str) -> bool {
        let about = self.entries.iter().rev();
        let mut about = about.filter(|entry| entry.kind == kind && entry.name == name);
        about.next().is_some_and(|entry| entry.what != What::Deleted)
    }

    /// Everything that may be there by our doing, in the order of [`Kind`], and of one kind in that in which they were made.
    #[must_use]
    pub fn standing(&self) -> Vec<(Kind, String)> {
        let mut all: Vec<(Kind, String)> = Vec::new();
        for entry in &self.entries {
            let named = (entry.kind, entry.name.clone());
            if !all.contains(&named) && self.is_ours(entry.kind, &entry.name) {
                all.push(named);
            }
        }
        all.sort_by_key(|(kind, _)| *kind);
        all
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Ledger, What};
    use crate::resource::Kind;

    #[test]
    fn an_intent_counts_and_half_a_line_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/shop.jsonl");
        let mut ledger = Ledger::open(&path).expect("begun");
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        ledger.note(What::Making, Kind::Alarm, "a").expect("noted");
        ledger.note(What::Deleted, Kind::Alarm, "a").expect("noted");
        assert!(Ledger::open(&path).is_err(), "somebody works on it");
        drop(ledger);
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .expect("opened");
        write!(file, "{{\"at\":1,\"wh").expect("written");
        let mut ledger = Ledger::open(&path).expect("read");
        assert_eq!(ledger.standing(), [(Kind::Cluster, "shop".to_owned())]);
        ledger.note(What::Made, Kind::Cluster, "shop").expect("noted");
        drop(ledger);
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(text.lines().count() == 4 && !text.contains("\"wh{"), "{text}");
        std::fs::write(&path, text.replacen("making", "maiking", 1)).expect("written");
        let error = Ledger::open(&path).expect_err("a line that is none").to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
