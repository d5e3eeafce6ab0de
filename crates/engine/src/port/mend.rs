use daybreak_model::{SchemaObject, TablePart};
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
    /// Gives a part (the second) the form of the first.
    ChangePart(&'a TablePart, &'a TablePart),
    /// Takes a part away.
    DropPart(&'a TablePart),
    /// Keeps an event from running on a replica, where its effects arrive from the primary.
    Sleep(&'a SchemaObject),
}

/// The statements of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// In order, on one connection.
    pub statements: Vec<String>,
    /// Whether data are gone afterwards: such statements are for a person.
    pub loses: bool,
}

/// What stands around repairs on one server, so that they neither spread nor are refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RepairFrame {
    /// Run first, on the connection of the repairs.
    pub before: Vec<String>,
    /// Run last, also when a repair failed.
    pub after: Vec<String>,
}
