use serde::{Deserialize, Serialize};

use crate::TableName;

/// A foreign key: rows of one table that refer to rows of another, or of the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The table that refers.
    pub child: TableName,
    /// Its columns, in the key's order.
    pub child_columns: Vec<String>,
    /// The table that is referred to.
    pub parent: TableName,
    /// Its columns, in the same order.
    pub parent_columns: Vec<String>,
    /// What becomes of referring rows when theirs is deleted, as the catalog has it: `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL`
    /// or `SET DEFAULT`.
    pub on_delete: String,
}
