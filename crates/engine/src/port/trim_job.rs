use daybreak_model::{Table, ValueForm};

/// A rule for a scheduler inside the server: rows go without a copy.
#[derive(Debug, Clone)]
pub struct TrimJob<'a> {
    /// The rule's name: letters, digits, `-` and `_`.
    pub name: &'a str,
    /// The table.
    pub table: &'a Table,
    /// Which of its rows.
    pub rows: JobRows<'a>,
    /// Expressions of rows that stay, or may be such.
    pub holds: Vec<&'a str>,
    /// When: minute, hour, day of the month, month, day of the week.
    pub cron: &'a str,
    /// The time zone of that, and of a column that shows what a clock shows.
    pub zone: &'a str,
    /// The next time, as a clock there shows it.
    pub next: &'a str,
    /// Most rows of one transaction.
    pub chunk_rows: usize,
}

/// Which rows of a table a job takes.
#[derive(Debug, Clone)]
pub enum JobRows<'a> {
    /// Those for which an expression is true.
    Where(&'a str),
    /// Those whose value of a column is older.
    Age {
        /// The column.
        column: &'a str,
        /// What it holds.
        form: ValueForm,
        /// How long rows are kept: numbers of units such as `MONTH`.
        keep: Vec<(i64, &'static str)>,
        /// What whole numbers count in a second.
        in_a_second: i64,
    },
}
