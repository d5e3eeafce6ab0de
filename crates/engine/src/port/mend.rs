use daybreak_model::{SchemaObject, Secret, TablePart};
use serde::{Deserialize, Serialize};

/// A change by which one server's schema becomes more like another's.
#[derive(Debug, Clone, Copy)]
pub enum Mend<'a> {
    /// Makes an object that is missing; of an index that is made with its table, from its part of the table.
    Make(&'a SchemaObject, Option<&'a TablePart>),
    /// Drops an object.
    Drop(&'a SchemaObject),
    /// Puts an object (the first, with its part) in the place of another.
    Replace(&'a SchemaObject, Option<&'a TablePart>, &'a SchemaObject),
    /// Adds a part to a table that is there; a column after another, or first.
    AddPart(&'a TablePart, Option<&'a str>),
    /// Gives a part (the second) the form of the first; a column that has to be made anew comes after another, or first.
    ChangePart(&'a TablePart, &'a TablePart, Option<&'a str>),
    /// Takes a part away.
    DropPart(&'a TablePart),
    /// Puts the columns of a table in this order.
    Reorder(&'a [&'a TablePart]),
    /// Keeps an event from running on a replica, where its effects arrive from the primary.
    Sleep(&'a SchemaObject),
    /// Makes the account that runs the statements the definer of an object (MySQL family).
    Own(&'a SchemaObject),
    /// Gives an account what it lacks and takes what it has beside, in the words of its [`Account`](daybreak_model::Account).
    Rights {
        /// The account as statements have it.
        account: &'a str,
        /// What it is to be given.
        lacks: &'a [String],
        /// What is to be taken.
        beside: &'a [String],
    },
    /// Drops an account.
    DropAccount(&'a str),
}

/// The statements of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// In order, on one connection.
    pub statements: Vec<String>,
    /// Whether data, or a password, are gone afterwards: such statements are for a person.
    pub loses: bool,
}

/// What stands in a statement that is shown where its password's hash stands when it is run.
pub const HASH: &str = "<password hash>";

/// What makes an account elsewhere with the password that it has here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCopy {
    /// Run before it is given its rights. [`HASH`] stands for the hash.
    pub make: Vec<String>,
    /// Run after that.
    pub after: Vec<String>,
    /// The hash as it stands in a statement; none where the account has no password, or it is not shown.
    pub hash: Option<Secret>,
    /// What is left for a person.
    pub left: Option<&'static str>,
}

/// What stands around repairs on one server, so that they neither spread nor are refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RepairFrame {
    /// Run first, on the connection of the repairs.
    pub before: Vec<String>,
    /// Run last, also when a repair failed.
    pub after: Vec<String>,
}
