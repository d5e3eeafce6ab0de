use daybreak_model::TableName;

use crate::Statement;

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableIndex {
    /// The table.
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// Its columns, in order; none for an expression.
    pub columns: Vec<Option<String>>,
    /// Whether it holds whole columns of every row in ascending order, in the way that comparisons use by default, and is in use:
    /// only such an index can stand in for another.
    pub plain: bool,
    /// Whether it keeps rows apart: a primary key or a unique index.
    pub unique: bool,
    /// Whether something else than queries needs it: a constraint, or replication.
    pub needed: bool,
    /// Its size, where the account is told.
    pub bytes: Option<u64>,
    /// How often it was used since the server began to count, where it counts.
    pub reads: Option<u64>,
}

/// An index that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NewIndex {
    /// The table.
    pub table: TableName,
    /// Its name, which no index of the table (PostgreSQL: no relation of the schema) has.
    pub name: String,
    /// Its columns, each with the characters of it that are indexed where that is not all (MySQL family).
    pub columns: Vec<(String, Option<u32>)>,
}

/// The statements of a new index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexStatements {
    /// Make it while others write to the table.
    pub make: Vec<Statement>,
    /// Take it away again; does nothing where it is not there (PostgreSQL), or is refused (MySQL family).
    pub drop: Vec<Statement>,
}
