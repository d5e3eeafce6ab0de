//! What a finished check leaves behind, so that the next one need only look at what changed since.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use daybreak_model::{KeyBound, Table, TableName};
use serde::{Deserialize, Serialize};

use super::node::NodeReport;
use super::report::{TableReport, TableVerdict};
use super::since::Since;

/// What a table came to, on all servers together.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Left {
    table: TableName,
    /// Its columns as they were: another table of the same name is compared whole.
    columns: Vec<String>,
    /// Rows to look at again: they were not the same on some server.
    rows: Vec<KeyBound>,
    /// Whether all of it is to be looked at again: not all that differs is known by its key, or something could not be told.
    whole: bool,
}

/// The verdict of the last check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LastVerdict {
    /// Where it began.
    pub since: Since,
    /// The addresses of the servers that were compared with the source.
    pub nodes: Vec<String>,
    tables: Vec<Left>,
}

/// What of a table has to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToDo {
    Whole,
    Rows(Vec<KeyBound>),
}

fn columns(table: &Table) -> Vec<String> {
    let column = |column: &daybreak_model::Column| format!("{} {}", column.name, column.full_type);
    table.columns.iter().map(column).collect()
}

impl LastVerdict {
    /// Of a check that has ended.
    #[must_use]
    pub fn new(since: Since, nodes: Vec<String>, tables: &[Table], reports: &[NodeReport]) -> Self {
        let left = |table: &Table| {
            let outcomes = reports.iter().flat_map(|node| &node.report.tables);
            let outcomes: Vec<&TableReport> =
                outcomes.filter(|outcome| outcome.table == table.name).collect();
            let mut left = Left {
                table: table.name.clone(),
                columns: columns(table),
                rows: Vec::new(),
                whole: outcomes.len() < reports.len(),
            };
            for outcome in outcomes {
                match &outcome.verdict {
                    TableVerdict::Same => {}
                    TableVerdict::CouldNotTell(_) => left.whole = true,
                    TableVerdict::Different { count, rows } => {
                        let keys: Vec<KeyBound> = rows.iter().filter_map(|row| row.key().cloned()).collect();
                        left.whole |= keys.len() as u64 != *count;
                        left.rows.extend(keys);
                    }
                }
            }
            left
        };
        Self {
            since,
            nodes,
            tables: tables.iter().map(left).collect(),
        }
    }

    /// What of a table is to be compared if these rows have changed since, or all of it.
    pub(super) fn to_do(&self, table: &Table, changed: Vec<KeyBound>, whole: bool) -> ToDo {
        let left = self.tables.iter().find(|left| left.table == table.name);
        match left {
            Some(left) if !whole && !left.whole && left.columns == columns(table) => {
                let mut rows = changed;
                for row in &left.rows {
                    if !rows.contains(row) {
                        rows.push(row.clone());
                    }
                }
                ToDo::Rows(rows)
            }
            _ => ToDo::Whole,
        }
    }

    /// The file's verdict; none where there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts it in the place of the file's, at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            // Keys of differing rows stand in it.
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, KeyBound, KeyPart, Lsn, Position, Table, TableName};

    use super::{LastVerdict, ToDo};
    use crate::data_check::node::NodeReport;
    use crate::data_check::report::{CheckReport, RowDifference, TableReport};
    use crate::data_check::since::Since;

    fn table(name: &str, column: &str) -> Table {
        Table {
            name: TableName::new("shop", name),
            columns: vec![Column {
                name: "id".to_owned(),
                base_type: column.to_owned(),
                full_type: column.to_owned(),
                charset: None,
                nullable: false,
                generated: false,
            }],
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        }
    }

    fn key(at: i128) -> KeyBound {
        KeyBound(vec![KeyPart::Integer(at)])
    }

    #[test]
    fn what_was_open_is_looked_at_again_with_what_changed() {
        let tables = ["same", "differs", "many", "unsure"].map(|name| table(name, "int"));
        let report = |change: &dyn Fn(&mut Vec<TableReport>)| {
            let mut outcomes: Vec<TableReport> = tables
                .iter()
                .map(|table| TableReport::new(table.name.clone()))
                .collect();
            change(&mut outcomes);
            let mut report = CheckReport::default();
            outcomes.into_iter().for_each(|outcome| report.add(outcome));
            NodeReport {
                server: String::new(),
                report,
                left: None,
            }
        };
        let one = report(&|outcomes| {
            outcomes[1].differ(vec![RowDifference::Missing(key(7))], 1, 10);
            outcomes[2].differ(vec![RowDifference::Changed(key(1))], 5, 10);
        });
        let other = report(&|outcomes| {
            outcomes[1].differ(vec![RowDifference::Extra(key(8))], 1, 10);
            outcomes[3].doubt("busy".to_owned());
        });
        let place = Position::Lsn(Lsn(1));
        let since = Since {
            server: String::new(),
            position: place.clone(),
            log: place,
        };
        let last = LastVerdict::new(since, Vec::new(), &tables, &[one, other]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verdict.json");
        assert!(LastVerdict::read(&path).expect("read").is_none());
        last.write(&path).expect("written");
        last.write(&path).expect("written again");
        let last = LastVerdict::read(&path).expect("read").expect("a verdict");
        let [same, differs, many, unsure] = &tables;
        assert_eq!(last.to_do(same, Vec::new(), false), ToDo::Rows(Vec::new()));
        assert_eq!(last.to_do(same, vec![key(3)], false), ToDo::Rows(vec![key(3)]));
        assert_eq!(last.to_do(same, Vec::new(), true), ToDo::Whole, "truncated");
        assert_eq!(
            last.to_do(differs, vec![key(8), key(9)], false),
            ToDo::Rows(vec![key(8), key(9), key(7)])
        );
        assert_eq!(
            last.to_do(many, Vec::new(), false),
            ToDo::Whole,
            "not all is known"
        );
        assert_eq!(last.to_do(unsure, Vec::new(), false), ToDo::Whole);
        assert_eq!(last.to_do(&table("new", "int"), Vec::new(), false), ToDo::Whole);
        assert_eq!(
            last.to_do(&table("same", "bigint"), Vec::new(), false),
            ToDo::Whole
        );
    }
}
