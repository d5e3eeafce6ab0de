use std::path::PathBuf;

use daybreak_model::TableName;
use jiff::Span;
use jiff::tz::TimeZone;

/// Which rows of its table a rule means.
#[derive(Debug, Clone)]
pub enum Which {
    /// Rows for which an expression is true.
    Where(String),
    /// Rows that are older than is to be kept.
    Age {
        /// The column that holds when a row was made, or ended.
        column: String,
        /// How long rows are kept, such as 13 months.
        keep: Span,
        /// What whole numbers in the column count.
        unit: AgeUnit,
        /// The time zone of a column that shows what a clock shows.
        zone: TimeZone,
    },
}

/// What whole numbers that are moments count, from 1970 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AgeUnit {
    /// Seconds.
    #[default]
    Seconds,
    /// Thousandths of seconds.
    Milliseconds,
    /// Millionths of seconds.
    Microseconds,
}

/// What is to become of rows of other tables that refer to a rule's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Children {
    /// A rule whose table others refer to is refused.
    #[default]
    Refuse,
    /// They go first, and theirs before them.
    First,
    /// Rows that others refer to stay.
    Keep,
}

/// Which rows are to go.
#[derive(Debug, Clone)]
pub struct TrimRule {
    /// Its name.
    pub name: String,
    /// The table.
    pub table: TableName,
    /// Which of its rows.
    pub which: Which,
    /// What becomes of rows that refer to them.
    pub children: Children,
    /// Whether partitions that hold nothing but such rows are taken out as a whole.
    pub partitions: bool,
    /// Whether rows are deleted where that fires triggers.
    pub triggers: bool,
    /// The folder that its runs are archived in; none where rows are deleted without a copy.
    pub archive: Option<PathBuf>,
}

/// Rows that must stay, whatever rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The table.
    pub table: TableName,
    /// Rows for which this is true, or unknown, stay.
    pub expression: String,
    /// Why.
    pub reason: String,
}
