//! What a run has archived and deleted: a line for each, appended and made durable before the next is begun.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use daybreak_archive::{Archived, ColumnForm};
use daybreak_engine::Partition;
use daybreak_model::{RowFilter, RowRange, Table, TableName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::TrimError;
use crate::hex::hex;

/// The manifest's name in the folder of a run.
pub(super) const MANIFEST: &str = "manifest.jsonl";

/// A table that a run takes rows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Archivable {
    pub(super) table: Table,
    pub(super) columns: Vec<ColumnForm>,
    pub(super) filter: RowFilter,
    /// The filter as the server was given it.
    pub(super) condition: String,
}

/// A line of a manifest, under its name. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first.
    Begun {
        /// The version of this format: 1.
        format: u32,
        rule: String,
        server: String,
        flavor: String,
        at: Timestamp,
        tables: Vec<Archivable>,
    },
    /// A file is complete: it holds rows that are about to be deleted.
    Archived {
        file: String,
        table: TableName,
        /// Where its rows lie.
        range: RowRange,
        facts: Archived,
        /// The table that was set aside and holds them, where that is another than theirs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        aside: Option<TableName>,
    },
    /// The rows of a partition are about to become a table of their own.
    SetAside {
        table: TableName,
        partition: Partition,
        aside: TableName,
    },
    /// Every row of a table that was set aside is in files: it is about to be dropped.
    Held { aside: TableName, rows: u64 },
    /// It is gone.
    Dropped { aside: TableName },
    /// It is about to be the partition again that it was: the rule does not mean every row of it.
    PutBack { aside: TableName },
    /// A file's rows are deleted, but for some.
    Deleted {
        file: String,
        rows: u64,
        /// Places in the file of rows that stayed.
        kept: Vec<usize>,
    },
    /// The last. What was broken off ends when the next run begins.
    Ended { at: Timestamp, rows: u64, whole: bool },
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) file: String,
    pub(super) table: TableName,
    pub(super) range: RowRange,
    pub(super) facts: Archived,
    /// The table that was set aside and held its rows.
    pub(super) aside: Option<TableName>,
    /// Places of rows that were not deleted; none while that is not known.
    pub(super) kept: Option<Vec<usize>>,
}

/// A partition whose rows became a table of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) table: TableName,
    pub(super) partition: Partition,
    pub(super) aside: TableName,
    /// Whether every row of it was in files.
    pub(super) held: bool,
    pub(super) dropped: bool,
    /// Whether it was to be a partition again.
    pub(super) put_back: bool,
}

impl Aside {
    /// What is written down before its rows become a table of their own, and when another run takes it over.
    pub(super) fn line(&self) -> Line {
        Line::SetAside {
            table: self.table.clone(),
            partition: self.partition.clone(),
            aside: self.aside.clone(),
        }
    }
}

/// A run as its manifest tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) folder: PathBuf,
    pub(super) rule: String,
    pub(super) server: String,
    pub(super) at: Timestamp,
    pub(super) tables: Vec<Archivable>,
    pub(super) parts: Vec<Part>,
    pub(super) asides: Vec<Aside>,
    pub(super) ended: bool,
}

/// The name of a lock that the sessions of a run hold, for as long as they may change anything.
pub(super) fn session_lock(rule: &str, at: Timestamp) -> String {
    let digest = Sha256::digest(format!("{rule}\0{at}"));
    format!("daybreak_run_{}", hex(&digest[..12]))
}

/// The name of a lock that keeps other machines from running a rule.
pub(super) fn rule_lock(rule: &str) -> String {
    let digest = Sha256::digest(rule);
    format!("daybreak_rule_{}", hex(&digest[..12]))
}

/// A manifest that is being written.
pub(super) struct Manifest {
    path: PathBuf,
    file: File,
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TrimError {
    let path = path.to_owned();
    move |source| TrimError::Io { what, path, source }
}

impl Manifest {
    /// Begins the manifest of a folder that is not there yet.
    pub(super) fn begin(folder: &Path, begun: &Line) -> Result<Self, TrimError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(failed("make", folder))?;
        let path = folder.join(MANIFEST);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let mut own = Self {
            file: file.map_err(failed("make", &path))?,
            path,
        };
        own.append(begun)?;
        Ok(own)
    }

    /// Goes on with one; a line that a kill cut short is taken away.
    pub(super) fn go_on(folder: &Path) -> Result<Self, TrimError> {
        let path = folder.join(MANIFEST);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let mut file = file.map_err(failed("open", &path))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed("read", &path))?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        file.set_len(whole as u64).map_err(failed("shorten", &path))?;
        file.seek(SeekFrom::End(0)).map_err(failed("open", &path))?;
        Ok(Self { path, file })
    }

    /// Writes a line, and returns when it is durable.
    pub(super) fn append(&mut self, line: &Line) -> Result<(), TrimError> {
        let mut text = serde_json::to_string(line).map_err(|error| TrimError::Manifest {
            path: self.path.clone(),
            trouble: error.to_string(),
        })?;
        text.push('\n');
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(failed("write to", &self.path))
    }
}

impl Run {
    /// Reads a run's manifest.
    pub(super) fn read(folder: &Path) -> Result<Self, TrimError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(failed("read", &path))?;
        Self::of(folder, &text).map_err(|trouble| TrimError::Manifest { path, trouble })
    }

    /// A run by the text of its manifest.
    pub(super) fn of(folder: &Path, text: &str) -> Result<Self, String> {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = whole.lines().enumerate().map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))
        });
        let Some(Line::Begun {
            format: 1,
            rule,
            server,
            at,
            tables,
            ..
        }) = lines.next().transpose()?
        else {
            return Err("it does not begin as a manifest of this version does".to_owned());
        };
        let mut run = Self {
            folder: folder.to_owned(),
            rule,
            server,
            at,
            tables,
            parts: Vec::new(),
            asides: Vec::new(),
            ended: false,
        };
        for line in lines {
            match line? {
                Line::Begun { .. } => return Err("it begins twice".to_owned()),
                Line::Archived {
                    file,
                    table,
                    range,
                    facts,
                    aside,
                } => run.parts.push(Part {
                    file,
                    table,
                    range,
                    facts,
                    aside,
                    kept: None,
                }),
                Line::SetAside {
                    table,
                    partition,
                    aside,
                } => run.asides.push(Aside {
                    table,
                    partition,
                    aside,
                    held: false,
                    dropped: false,
                    put_back: false,
                }),
                Line::Held { aside, .. } => run.aside(&aside)?.held = true,
                Line::Dropped { aside } => run.aside(&aside)?.dropped = true,
                Line::PutBack { aside } => run.aside(&aside)?.put_back = true,
                Line::Deleted { file, kept, .. } => {
                    let part = run.parts.iter_mut().find(|part| part.file == file);
                    let part = part.ok_or_else(|| format!("it knows no file {file}"))?;
                    part.kept = Some(kept);
                }
                Line::Ended { .. } => run.ended = true,
            }
        }
        Ok(run)
    }

    /// A lock that the run's sessions hold.
    pub(super) fn session_lock(&self) -> String {
        session_lock(&self.rule, self.at)
    }

    fn aside(&mut self, name: &TableName) -> Result<&mut Aside, String> {
        let found = self.asides.iter_mut().find(|own| own.aside == *name);
        found.ok_or_else(|| format!("it knows no table {name} that was set aside"))
    }

    /// The table of a part.
    pub(super) fn table(&self, part: &Part) -> Option<&Archivable> {
        self.tables.iter().find(|own| own.table.name == part.table)
    }

    /// The runs in a folder, the oldest first; the folder itself may be one.
    pub(super) fn all(folder: &Path) -> Result<Vec<Self>, TrimError> {
        if folder.join(MANIFEST).exists() {
            return Ok(vec![Self::read(folder)?]);
        }
        let mut runs = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(runs),
            other => other.map_err(failed("list", folder))?,
        };
        for entry in entries {
            let path = entry.map_err(failed("list", folder))?.path();
            // A kill may come before a manifest's first line is whole: nothing was done then.
            let begun = std::fs::read_to_string(path.join(MANIFEST)).is_ok_and(|text| text.contains('\n'));
            if begun {
                runs.push(Self::read(&path)?);
            }
        }
        runs.sort_by(|one, other| one.folder.cmp(&other.folder));
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use daybreak_archive::Archived;
    use daybreak_model::{KeyBound, KeyPart, KeyRange, RowRange, TableName};

    use super::{Line, Manifest, Run};

    fn begun() -> Line {
        Line::Begun {
            format: 1,
            rule: "old".to_owned(),
            server: "db1:3306".to_owned(),
            flavor: "MySQL 9.7.4".to_owned(),
            at: "2026-11-30T00:00:00Z".parse().expect("a moment"),
            tables: Vec::new(),
        }
    }

    fn archived(file: &str) -> Line {
        Line::Archived {
            file: file.to_owned(),
            table: TableName::new("s", "t"),
            range: RowRange::Keys(KeyRange {
                after: None,
                up_to: Some(KeyBound(vec![
                    KeyPart::Integer(i128::from(u64::MAX)),
                    KeyPart::Bytes(vec![0, 255]),
                ])),
            }),
            facts: Archived {
                rows: 2,
                bytes: 10,
                sha256: "ab".to_owned(),
            },
            aside: None,
        }
    }

    #[test]
    fn a_line_that_was_cut_short_was_never_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        let mut manifest = Manifest::begin(&run, &begun()).expect("begun");
        manifest.append(&archived("1")).expect("a line");
        let kept = Line::Deleted {
            file: "1".to_owned(),
            rows: 1,
            kept: vec![1],
        };
        manifest.append(&kept).expect("a line");
        manifest.append(&archived("2")).expect("a line");
        drop(manifest);
        let path = run.join("manifest.jsonl");
        let mut text = std::fs::read_to_string(&path).expect("its text");
        text.push_str("{\"dele");
        std::fs::write(&path, text).expect("cut short");

        let read = Run::all(folder.path()).expect("readable");
        assert_eq!(read.len(), 1);
        let kept: Vec<_> = read[0].parts.iter().map(|part| part.kept.clone()).collect();
        assert_eq!(kept, [Some(vec![1]), None]);
        let mut manifest = Manifest::go_on(&run).expect("opened");
        let end = Line::Ended {
            at: "2026-11-30T00:00:00Z".parse().expect("a moment"),
            rows: 1,
            whole: false,
        };
        manifest.append(&end).expect("a line");
        assert!(Run::read(&run).expect("readable").ended);
        assert!(Manifest::begin(&run, &begun()).is_err(), "a run has one manifest");
    }
}
