use serde::{Deserialize, Serialize};

use crate::{ForeignKey, KeyPart};

/// Which rows of a table are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    /// Rows for which an expression of the operator's is true.
    True(String),
    /// Rows for which an expression of the operator's is false: what is unknown counts as true.
    False(String),
    /// Rows whose value of a column is before this one.
    Before {
        /// The column.
        column: String,
        /// A number, or a moment as the server reads it.
        value: KeyPart,
    },
    /// Rows that refer to such rows of a foreign key's parent.
    Refers {
        /// The foreign key.
        key: ForeignKey,
        /// Which rows of its parent.
        to: Box<RowFilter>,
    },
    /// Rows that such rows of another table refer to by a foreign key.
    Referred {
        /// The foreign key; the rows are of its parent.
        key: ForeignKey,
        /// Which rows of its child.
        by: Box<RowFilter>,
    },
    /// Rows that this does not mean.
    Not(Box<RowFilter>),
    /// Rows that no other row refers to by any of these foreign keys.
    Unreferred(Vec<ForeignKey>),
    /// Rows that all of these mean.
    All(Vec<RowFilter>),
    /// Rows that any of these means.
    Any(Vec<RowFilter>),
}
