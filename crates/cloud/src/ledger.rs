//! What we made, on disk before the provider is asked: each line says an intent or that it was done.

mod origin;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::made_from::Origin;
use crate::resource::{Home, Kind};

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
    /// A snapshot of it is about to be made, whose name the line gives for an identifier.
    Snapshotting,
    /// That snapshot is complete. It outlives what it is of.
    Snapshotted,
    /// A cluster is to be made from what the line says.
    MadeFrom,
    /// A cluster has everything that it is to have from there.
    Complete,
}

impl What {
    /// Whether it says something of the resource itself, and not of a snapshot or of what it comes from.
    const fn is_of_itself(self) -> bool {
        !matches!(
            self,
            Self::Snapshotting | Self::Snapshotted | Self::MadeFrom | Self::Complete
        )
    }
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
    /// Where it is; ledgers of old do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// What the provider calls this one and no other, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What a cluster is to be made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
}

/// The file cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// It cannot be read or written.
    #[error("failed to use the ledger {}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// What it names is in another account or region.
    #[error("by the ledger {} this plan's {what} was made in {made}, and this would be {now}", path.display())]
    Elsewhere {
        /// The file.
        path: PathBuf,
        /// A resource.
        what: String,
        /// Where it was made.
        made: Box<Home>,
        /// Where we are.
        now: Box<Home>,
    },
    /// The cluster is made from something else than is asked for.
    #[error(
        "by the ledger {} cluster {cluster} is made from {noted}, and this would make it from {asked}",
        path.display()
    )]
    OtherOrigin {
        /// The file.
        path: PathBuf,
        /// The cluster.
        cluster: String,
        /// What an earlier run began to make it from.
        noted: Box<Origin>,
        /// What is asked for.
        asked: Box<Origin>,
    },
}

impl LedgerError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unusable { .. } => {
                "it says what this plan made: without it nothing is made, and nothing deleted".to_owned()
            }
            Self::Elsewhere { made, .. } => format!(
                "nothing was changed: take the credentials of account {} and `cluster.region = \"{}\"`; for a cluster elsewhere, give it a name of its own",
                made.account, made.region
            ),
            Self::OtherOrigin { cluster, .. } => format!(
                "nothing was changed: `provision apply` alone goes on with what was begun; to begin anew, take that away first by `provision destroy --name {cluster}`"
            ),
        }
    }
}

/// The file. A last line that was cut off by a kill is taken away; any other that cannot be read is an error.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// None where it is only looked at.
    file: Option<File>,
    /// Where we are; none where it is only looked at.
    home: Option<Home>,
    entries: Vec<Entry>,
}

impl Ledger {
    /// Opens it, or begins one; holds a lock on it, so that two commands never work on one cluster.
    ///
    /// # Errors
    /// When it cannot be read or written, another command works on it, or what it names is elsewhere.
    pub fn open(path: &Path, home: Home) -> Result<Self, LedgerError> {
        let wrong = |why: String| LedgerError::Unusable {
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
        let whole = whole_lines(&text);
        file.set_len(whole.len() as u64).map_err(failed)?;
        let ledger = Self {
            entries: entries(path, whole)?,
            path: path.to_owned(),
            file: Some(file),
            home: Some(home.clone()),
        };
        ledger.is_at(&home)?;
        Ok(ledger)
    }

    /// Looks at it, also while another command works on it. There may be none yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn look(path: &Path) -> Result<Self, LedgerError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(LedgerError::Unusable {
                    path: path.to_owned(),
                    why: error.to_string(),
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            file: None,
            home: None,
            entries: entries(path, whole_lines(&text))?,
        })
    }

    /// Adds a line; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, as when it was only looked at.
    pub fn note(&mut self, what: What, kind: Kind, name: &str) -> Result<(), LedgerError> {
        self.write(what, kind, name, None)
    }

    /// Adds that it is made, and what the provider calls this one; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, as when it was only looked at.
    pub fn note_made(&mut self, kind: Kind, name: &str, id: Option<&str>) -> Result<(), LedgerError> {
        self.write(What::Made, kind, name, id)
    }

    /// Adds that a snapshot of a cluster is about to be made, or is complete; when it returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written, as when it was only looked at.
    pub fn note_snapshot(&mut self, cluster: &str, name: &str, complete: bool) -> Result<(), LedgerError> {
        let what = if complete {
            What::Snapshotted
        } else {
            What::Snapshotting
        };
        self.write(what, Kind::Cluster, cluster, Some(name))
    }

    /// Whether a snapshot was begun here by this ledger, and not seen complete.
    #[must_use]
    pub fn is_snapshot_begun(&self, cluster: &str, name: &str) -> bool {
        let mut about = self.entries.iter().rev().filter(|entry| {
            !entry.what.is_of_itself() && entry.name == cluster && entry.id.as_deref() == Some(name)
        });
        let last = about.next();
        last.is_some_and(|last| last.what == What::Snapshotting && last.home == self.home)
    }

    /// What is said of a resource, the last first.
    fn about(&self, kind: Kind, name: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter().rev();
        entries.filter(move |entry| entry.kind == kind && entry.name == name && entry.what.is_of_itself())
    }

    fn write(&mut self, what: What, kind: Kind, name: &str, id: Option<&str>) -> Result<(), LedgerError> {
        let entry = self.entry(what, kind, name, id);
        self.add(entry)
    }

    fn entry(&self, what: What, kind: Kind, name: &str, id: Option<&str>) -> Entry {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Entry {
            at: now.map_or(0, |since| since.as_secs()),
            what,
            kind,
            name: name.to_owned(),
            home: self.home.clone(),
            id: id.map(str::to_owned),
            from: None,
        }
    }

    fn add(&mut self, entry: Entry) -> Result<(), LedgerError> {
        let line = serde_json::to_string(&entry).unwrap_or_default();
        let wrong = |why: String| LedgerError::Unusable {
            path: self.path.clone(),
            why,
        };
        let Some(file) = &mut self.file else {
            return Err(wrong("it was opened to be looked at".to_owned()));
        };
        let written = writeln!(file, "{line}").and_then(|()| file.sync_data());
        written.map_err(|error| wrong(error.to_string()))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Whether we made, or were about to make, this resource, and did not delete it since.
    #[must_use]
    pub fn is_ours(&self, kind: Kind, name: &str) -> bool {
        let last = self.about(kind, name).next();
        last.is_some_and(|entry| entry.what != What::Deleted)
    }

    /// Whether everything that may be there by our doing is here.
    ///
    /// # Errors
    /// When something was made in another account or region.
    pub fn is_at(&self, home: &Home) -> Result<(), LedgerError> {
        for (kind, name) in self.standing() {
            // What was said before it was last deleted is of another of its name.
            let mut since = self
                .about(kind, &name)
                .take_while(|entry| entry.what != What::Deleted);
            let elsewhere = since.find_map(|entry| entry.home.as_ref().filter(|made| *made != home));
            if let Some(made) = elsewhere {
                return Err(LedgerError::Elsewhere {
                    path: self.path.clone(),
                    what: format!("{kind} {name}"),
                    made: Box::new(made.clone()),
                    now: Box::new(home.clone()),
                });
            }
        }
        Ok(())
    }

    /// What the provider called the one of this name that we made last; none where a kill came before it was known.
    #[must_use]
    pub fn id(&self, kind: Kind, name: &str) -> Option<&str> {
        self.about(kind, name)
            .take_while(|entry| !matches!(entry.what, What::Making | What::Deleted))
            .find_map(|entry| entry.id.as_deref())
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

/// The text up to the end of its last line.
fn whole_lines(text: &str) -> &str {
    &text[..text.rfind('\n').map_or(0, |end| end + 1)]
}

fn entries(path: &Path, text: &str) -> Result<Vec<Entry>, LedgerError> {
    let read = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| LedgerError::Unusable {
            path: path.to_owned(),
            why: format!("line {}: {error}", index + 1),
        })
    };
    text.lines().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Ledger, LedgerError, What};
    use crate::resource::{Home, Kind};

    fn home(account: &str) -> Home {
        Home {
            account: account.to_owned(),
            region: "eu-central-1".to_owned(),
        }
    }

    #[test]
    fn a_name_is_of_one_account_and_of_one_resource() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.jsonl");
        // A line of old says neither where nor which.
        let old = "{\"at\":1,\"what\":\"made\",\"kind\":\"secret\",\"name\":\"shop\"}\n";
        std::fs::write(&path, old).expect("written");
        let mut ledger = Ledger::open(&path, home("1")).expect("read");
        assert_eq!(ledger.id(Kind::Secret, "shop"), None);
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        ledger
            .note_made(Kind::Cluster, "shop", Some("c-1"))
            .expect("noted");
        ledger.note(What::Changing, Kind::Cluster, "shop").expect("noted");
        assert_eq!(ledger.id(Kind::Cluster, "shop"), Some("c-1"));
        // Another one is being made: which, a kill may have come before.
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        assert_eq!(ledger.id(Kind::Cluster, "shop"), None);
        drop(ledger);
        for there in [
            home("2"),
            Home {
                region: "eu-west-1".to_owned(),
                ..home("1")
            },
        ] {
            let error = Ledger::open(&path, there).expect_err("elsewhere");
            assert!(matches!(error, LedgerError::Elsewhere { .. }), "{error}");
            assert!(error.hint().contains("account 1"), "{}", error.hint());
        }
        let mut ledger = Ledger::open(&path, home("1")).expect("at home");
        // A snapshot is begun once, and is nothing that stands or goes with its cluster.
        ledger
            .note_made(Kind::Cluster, "shop", Some("c-2"))
            .expect("noted");
        let standing = ledger.standing();
        assert!(!ledger.is_snapshot_begun("shop", "before"));
        ledger.note_snapshot("shop", "before", false).expect("noted");
        assert!(ledger.is_snapshot_begun("shop", "before") && !ledger.is_snapshot_begun("shop", "after"));
        ledger.note_snapshot("shop", "before", true).expect("noted");
        assert!(!ledger.is_snapshot_begun("shop", "before"));
        assert!(ledger.standing() == standing && ledger.id(Kind::Cluster, "shop") == Some("c-2"));
        ledger.note(What::Deleted, Kind::Cluster, "shop").expect("noted");
        drop(ledger);
        let mut ledger = Ledger::open(&path, home("2")).expect("nothing of it stands there any more");
        // Made again, it is where it was made last.
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        drop(ledger);
        Ledger::open(&path, home("2")).expect("at home by now");
        let error = Ledger::open(&path, home("1")).expect_err("it moved");
        assert!(error.hint().contains("account 2"), "{}", error.hint());
    }

    #[test]
    fn an_intent_counts_and_half_a_line_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/shop.jsonl");
        let open = || Ledger::open(&path, home("1"));
        let mut ledger = open().expect("begun");
        ledger.note(What::Making, Kind::Cluster, "shop").expect("noted");
        ledger.note(What::Making, Kind::Alarm, "a").expect("noted");
        ledger.note(What::Deleted, Kind::Alarm, "a").expect("noted");
        assert!(open().is_err(), "somebody works on it");
        let mut looked = Ledger::look(&path).expect("looked at meanwhile");
        assert!(looked.is_ours(Kind::Cluster, "shop") && !looked.is_ours(Kind::Alarm, "a"));
        assert!(looked.note(What::Made, Kind::Cluster, "shop").is_err());
        let none = Ledger::look(&folder.path().join("none.jsonl")).expect("none yet");
        assert!(none.standing().is_empty() && !folder.path().join("none.jsonl").exists());
        drop(ledger);
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .expect("opened");
        write!(file, "{{\"at\":1,\"wh").expect("written");
        let mut ledger = open().expect("read");
        assert_eq!(ledger.standing(), [(Kind::Cluster, "shop".to_owned())]);
        ledger.note(What::Made, Kind::Cluster, "shop").expect("noted");
        drop(ledger);
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(text.lines().count() == 4 && !text.contains("\"wh{"), "{text}");
        std::fs::write(&path, text.replacen("making", "maiking", 1)).expect("written");
        let error = open().expect_err("a line that is none").to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
