use daybreak_model::{KeyBound, Position, RowHash, TableName};
use serde::{Deserialize, Serialize};

use crate::Drift;

/// A row that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowDifference {
    /// The source has it, the target has not.
    Missing(KeyBound),
    /// The target has it, the source has not.
    Extra(KeyBound),
    /// Both have it, with other values.
    Changed(KeyBound),
    /// Of a table without a key: it does not stand on both sides equally often.
    Times {
        /// The row.
        row: RowHash,
        /// How often the source has it.
        here: u64,
        /// How often the target.
        there: u64,
    },
}

impl RowDifference {
    /// The same for people and programs that watch.
    #[must_use]
    pub fn drift(&self, server: &str, table: &TableName) -> Drift {
        let (row, kind) = match self {
            Self::Missing(key) => (key.to_string(), "missing"),
            Self::Extra(key) => (key.to_string(), "extra"),
            Self::Changed(key) => (key.to_string(), "changed"),
            Self::Times { row, here, there } => {
                let kind = if here > there { "missing" } else { "extra" };
                (format!("{:016x}{:016x}", row.first, row.second), kind)
            }
        };
        Drift {
            server: server.to_owned(),
            table: table.clone(),
            row,
            kind: kind.to_owned(),
        }
    }

    /// The row's key, if it has one.
    #[must_use]
    pub const fn key(&self) -> Option<&KeyBound> {
        match self {
            Self::Missing(key) | Self::Extra(key) | Self::Changed(key) => Some(key),
            Self::Times { .. } => None,
        }
    }
}

/// The answer for one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableVerdict {
    /// Every row is the same.
    Same,
    /// Proven differences: how many, and the first of them.
    Different {
        /// How many rows differ; without a key, at least so many.
        count: u64,
        /// The first of them.
        rows: Vec<RowDifference>,
    },
    /// Some rows kept changing too fast, with the reason. Never reported as a difference.
    CouldNotTell(String),
}

/// One table's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// The table.
    pub table: TableName,
    /// Rows hashed on the source.
    pub rows: u64,
    /// Ranges compared.
    pub chunks: u64,
    /// Ranges that were looked at again because rows in them were changing.
    pub rechecked: u64,
    /// The answer.
    pub verdict: TableVerdict,
}

impl TableReport {
    pub(super) const fn new(table: TableName) -> Self {
        Self {
            table,
            rows: 0,
            chunks: 0,
            rechecked: 0,
            verdict: TableVerdict::Same,
        }
    }

    /// Notes proven differences; they outweigh any doubt.
    pub(super) fn differ(&mut self, found: Vec<RowDifference>, at_least: u64, rows_named: usize) {
        let (mut count, mut rows) = match std::mem::replace(&mut self.verdict, TableVerdict::Same) {
            TableVerdict::Different { count, rows } => (count, rows),
            TableVerdict::Same | TableVerdict::CouldNotTell(_) => (0, Vec::new()),
        };
        count += at_least.max(found.len() as u64);
        rows.extend(found);
        rows.truncate(rows_named);
        self.verdict = TableVerdict::Different { count, rows };
    }

    /// Notes a doubt, unless a difference is proven.
    pub(super) fn doubt(&mut self, why: String) {
        if self.verdict == TableVerdict::Same {
            self.verdict = TableVerdict::CouldNotTell(why);
        }
    }
}

/// The answer over all tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every row of every table is the same.
    #[default]
    Same,
    /// At least one row is proven different.
    Different,
    /// No difference is proven, and not everything could be compared.
    CouldNotTell,
}

/// A whole check.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckReport {
    /// The answer.
    pub verdict: Verdict,
    /// Rows hashed on the source, over all tables.
    pub rows: u64,
    /// Ranges compared.
    pub chunks: u64,
    /// Ranges looked at again.
    pub rechecked: u64,
    /// The source's position when the check ended.
    pub position: Option<Position>,
    /// Where an earlier check began, of which only what changed since was compared; none of a whole check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Position>,
    /// How long it took.
    pub seconds: f64,
    /// Each table.
    pub tables: Vec<TableReport>,
}

impl CheckReport {
    pub(super) fn add(&mut self, table: TableReport) {
        self.rows += table.rows;
        self.chunks += table.chunks;
        self.rechecked += table.rechecked;
        self.verdict = match (&table.verdict, self.verdict) {
            (TableVerdict::Different { .. }, _) | (_, Verdict::Different) => Verdict::Different,
            (TableVerdict::CouldNotTell(_), _) | (_, Verdict::CouldNotTell) => Verdict::CouldNotTell,
            (TableVerdict::Same, Verdict::Same) => Verdict::Same,
        };
        self.tables.push(table);
    }

    /// Notes of a table, or of all of a schema that is called `*`, that nobody can tell.
    pub fn doubt(&mut self, table: TableName, why: String) {
        let mut doubtful = TableReport::new(table);
        doubtful.verdict = TableVerdict::CouldNotTell(why);
        self.add(doubtful);
    }

    /// Puts what a later look at some of the tables came to in the place of what was found before.
    pub fn replace(&mut self, later: Self) {
        let mut tables = std::mem::take(&mut self.tables);
        for table in later.tables {
            if let Some(before) = tables.iter_mut().find(|before| before.table == table.table) {
                *before = table;
            }
        }
        let again = Self {
            position: later.position.or_else(|| self.position.take()),
            since: self.since.take(),
            seconds: self.seconds + later.seconds,
            ..Self::default()
        };
        *self = again;
        tables.into_iter().for_each(|table| self.add(table));
    }

    /// Adds the differences that a look beside this check proved, of tables in which it found none itself.
    pub fn add_differences(&mut self, beside: Self, rows_named: usize) {
        for found in beside.tables {
            let TableVerdict::Different { count, rows } = found.verdict else {
                continue;
            };
            let table = self.tables.iter_mut().find(|table| table.table == found.table);
            if let Some(table) =
                table.filter(|table| !matches!(table.verdict, TableVerdict::Different { .. }))
            {
                table.differ(rows, count, rows_named);
            }
            self.verdict = Verdict::Different;
        }
    }

    /// What could not be told, table by table, in words.
    #[must_use]
    pub fn doubts(&self) -> Vec<String> {
        let doubt = |table: &TableReport| match &table.verdict {
            TableVerdict::CouldNotTell(why) => Some(format!("{}: could not tell: {why}", table.table)),
            TableVerdict::Same | TableVerdict::Different { .. } => None,
        };
        self.tables.iter().filter_map(doubt).collect()
    }

    /// What is not the same, table by table, in words; empty when all is the same.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        self.tables
            .iter()
            .filter_map(|table| match &table.verdict {
                TableVerdict::Same => None,
                TableVerdict::Different { count, rows } => {
                    let names: Vec<String> = rows.iter().map(ToString::to_string).collect();
                    Some(format!(
                        "{}: {count} difference(s): {}",
                        table.table,
                        names.join("; ")
                    ))
                }
                TableVerdict::CouldNotTell(why) => Some(format!("{}: could not tell: {why}", table.table)),
            })
            .collect()
    }
}

impl std::fmt::Display for RowDifference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(key) => write!(formatter, "row ({key}) is missing on the target"),
            Self::Extra(key) => write!(formatter, "row ({key}) is only on the target"),
            Self::Changed(key) => write!(formatter, "row ({key}) has other values on the target"),
            Self::Times { here, there, .. } => write!(
                formatter,
                "a row without a key stands {here} time(s) on the source and {there} on the target"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyBound, KeyPart, TableName};

    use super::{CheckReport, RowDifference, TableReport, TableVerdict, Verdict};

    #[test]
    fn a_proven_difference_outweighs_a_doubt_and_same_needs_every_table() {
        let table = |change: &dyn Fn(&mut TableReport)| {
            let mut table = TableReport::new(TableName::new("shop", "orders"));
            change(&mut table);
            table
        };
        let row = RowDifference::Changed(KeyBound(vec![KeyPart::Integer(7)]));
        let same = table(&|_| {});
        let doubtful = table(&|table| table.doubt("busy".to_owned()));
        let different = table(&|table| {
            table.doubt("busy".to_owned());
            table.differ(vec![row.clone()], 1, 10);
            table.doubt("busy again".to_owned());
        });
        assert!(matches!(
            different.verdict,
            TableVerdict::Different { count: 1, .. }
        ));
        for (tables, verdict) in [
            (vec![same.clone(), same.clone()], Verdict::Same),
            (
                vec![same.clone(), doubtful.clone(), same.clone()],
                Verdict::CouldNotTell,
            ),
            (vec![different.clone(), doubtful, same], Verdict::Different),
        ] {
            let mut report = CheckReport::default();
            tables.into_iter().for_each(|table| report.add(table));
            assert_eq!(report.verdict, verdict);
        }
        let mut report = CheckReport::default();
        report.add(different);
        assert!(
            report.troubles()[0].contains("row (7) has other values"),
            "{:?}",
            report.troubles()
        );
    }
}
