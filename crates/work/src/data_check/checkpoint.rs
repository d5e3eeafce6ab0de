//! What an unfinished check has come to, in a file: one JSON value a line, each written before the next range begins, so that a
//! check that was killed goes on where it was.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use daybreak_model::{RowRange, TableName};
use serde::{Deserialize, Serialize};

use super::report::TableReport;
use super::since::Since;

/// What a table has come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Begun {
    /// Its ranges, in order.
    pub(super) ranges: Vec<RowRange>,
    /// How many of them are done.
    pub(super) done: usize,
    /// What was found until then, a report for each compared server.
    pub(super) outcomes: Vec<TableReport>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// What is compared with what, and how: a check of anything else begins anew.
    Of {
        what: String,
    },
    /// Where it began.
    Since(Since),
    Table {
        name: TableName,
        ranges: Vec<RowRange>,
    },
    Range {
        name: TableName,
        done: usize,
        outcomes: Vec<TableReport>,
    },
}

/// The file of one check.
#[derive(Debug)]
pub struct Checkpoint {
    file: File,
    since: Option<Since>,
    tables: BTreeMap<TableName, Begun>,
}

/// What a file of the same check says.
#[derive(Default)]
struct Told {
    since: Option<Since>,
    tables: BTreeMap<TableName, Begun>,
}

impl Checkpoint {
    /// Takes up the file's check if it is of the same things, else begins anew. `what` names servers, tables and settings.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, what: &str) -> io::Result<Self> {
        let told = match File::open(path) {
            Ok(file) => read(file, what)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let fresh = told.is_none();
        let file = OpenOptions::new()
            .create(true)
            .append(!fresh)
            .write(true)
            .truncate(fresh)
            // Keys of differing rows stand in it.
            .mode(0o600)
            .open(path)?;
        let Told { since, tables } = told.unwrap_or_default();
        let mut checkpoint = Self { file, since, tables };
        // After a kill the last line may lack its end.
        if fresh {
            checkpoint.write(&Line::Of {
                what: what.to_owned(),
            })?;
        } else {
            checkpoint.file.write_all(b"\n")?;
        }
        Ok(checkpoint)
    }

    /// Whether an earlier check is gone on with.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Where the check began, if that was noted.
    #[must_use]
    pub const fn since(&self) -> Option<&Since> {
        self.since.as_ref()
    }

    /// Notes where the check begins, before it does.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin_at(&mut self, since: Since) -> io::Result<()> {
        self.write(&Line::Since(since.clone()))?;
        self.since = Some(since);
        Ok(())
    }

    /// What a table had come to.
    pub(super) fn of(&self, table: &TableName) -> Option<Begun> {
        self.tables.get(table).filter(|begun| begun.done > 0).cloned()
    }

    pub(super) fn begin(&mut self, table: &TableName, ranges: &[RowRange]) -> io::Result<()> {
        self.write(&Line::Table {
            name: table.clone(),
            ranges: ranges.to_vec(),
        })
    }

    pub(super) fn done(
        &mut self,
        table: &TableName,
        done: usize,
        outcomes: &[TableReport],
    ) -> io::Result<()> {
        self.write(&Line::Range {
            name: table.clone(),
            done,
            outcomes: outcomes.to_vec(),
        })
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// The tables of the file's check; `None` where it is of something else. A line that was cut short is passed over.
fn read(file: File, what: &str) -> io::Result<Option<Told>> {
    let mut told: Option<Told> = None;
    for line in BufReader::new(file).split(b'\n') {
        let Ok(line) = serde_json::from_slice(&line?) else {
            continue;
        };
        match (line, &mut told) {
            (Line::Of { what: of }, _) if of == what => told = Some(Told::default()),
            (_, None) => return Ok(None),
            (Line::Of { .. }, Some(_)) => return Ok(None),
            (Line::Since(since), Some(told)) => told.since = Some(since),
            (Line::Table { name, ranges }, Some(told)) => {
                told.tables.insert(
                    name,
                    Begun {
                        ranges,
                        ..Begun::default()
                    },
                );
            }
            (Line::Range { name, done, outcomes }, Some(told)) => {
                if let Some(begun) = told.tables.get_mut(&name) {
                    (begun.done, begun.outcomes) = (done, outcomes);
                }
            }
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use daybreak_model::{KeyBound, KeyPart, KeyRange, RowRange, TableName};

    use super::Checkpoint;
    use crate::data_check::report::TableReport;

    #[test]
    fn goes_on_after_a_line_cut_short_and_anew_for_another_check() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("check");
        let table = TableName::new("shop", "orders");
        let bound = KeyBound(vec![KeyPart::Bytes(vec![0xE4, b'\n'])]);
        let ranges = [
            RowRange::Keys(KeyRange {
                after: None,
                up_to: Some(bound.clone()),
            }),
            RowRange::Keys(KeyRange {
                after: Some(bound),
                up_to: None,
            }),
        ];
        let mut first = Checkpoint::open(&path, "a with b").expect("a file");
        assert!(!first.goes_on());
        first.begin(&table, &ranges).expect("written");
        assert!(first.of(&table).is_none(), "nothing is done yet");
        let mut outcome = TableReport::new(table.clone());
        outcome.rows = 7;
        first.done(&table, 1, &[outcome]).expect("written");
        first.file.write_all(b"{\"range\":{\"name\"").expect("written");
        drop(first);
        let mut second = Checkpoint::open(&path, "a with b").expect("a file");
        let begun = second.of(&table).expect("gone on with");
        assert_eq!((begun.done, begun.outcomes[0].rows), (1, 7));
        assert_eq!(begun.ranges, ranges);
        second.done(&table, 2, &begun.outcomes).expect("written");
        drop(second);
        let third = Checkpoint::open(&path, "a with b").expect("a file");
        assert_eq!(third.of(&table).expect("gone on with").done, 2);
        assert!(!Checkpoint::open(&path, "a with c").expect("a file").goes_on());
        assert!(
            !Checkpoint::open(&path, "a with b").expect("a file").goes_on(),
            "the other took its place"
        );
    }
}
