use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::TableName;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The base type's name as the catalog spells it, lower case, such as `bigint`, `varchar`, `jsonb`.
    pub base_type: String,
    /// The full type as the catalog spells it, such as `varchar(20)` or `numeric(10,2)`.
    pub full_type: String,
    /// The character set of its bytes, where it has one (MySQL family).
    pub charset: Option<String>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Computed by the server from other columns: never copied, always checked.
    pub generated: bool,
}

/// A column of a row key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// Whether its values are whole numbers, so that a range of them can be cut without reading it.
    pub integer: bool,
}

/// The key by which a table's rows are told apart: its primary key, else a unique key without NULLs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowKey {
    /// The index behind it.
    pub index: String,
    /// Its columns, in order.
    pub columns: Vec<KeyColumn>,
}

/// A table whose rows are copied and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Its columns, in the table's order.
    pub columns: Vec<Column>,
    /// The key that tells its rows apart, if it has one.
    pub key: Option<RowKey>,
    /// The server's own estimate of its rows.
    pub estimated_rows: u64,
    /// The server's own estimate of its data, in bytes, without indexes.
    pub estimated_bytes: u64,
}

/// What kind of thing a schema object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A MySQL database or PostgreSQL schema.
    Schema,
    /// A PostgreSQL extension.
    Extension,
    /// A PostgreSQL type, domain, range or collation.
    Type,
    /// A sequence.
    Sequence,
    /// A function, procedure or aggregate.
    Routine,
    /// A table, with its columns, defaults, checks, partitions and the keys that are made with it.
    Table,
    /// A secondary index or unique constraint built after the rows.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A view or materialised view.
    View,
    /// A trigger.
    Trigger,
    /// A scheduled event (MySQL family).
    Event,
    /// A rewrite rule or row-security policy (PostgreSQL).
    Rule,
    /// A comment that is not part of the object's own definition.
    Comment,
}

/// When an object is created on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before the rows: what rows need to be stored.
    BeforeRows,
    /// By its table's own statement. Its own statements are for a table that stands without it.
    WithTable,
    /// After the rows of its table: indexes and unique constraints.
    AfterRows,
    /// After the rows of every table: foreign keys, views, triggers, events (disabled).
    AfterAll,
}

/// One object of a schema: how to make it on the target and how to recognise it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, qualified, for messages; unique together with `kind` within an image.
    pub name: String,
    /// The table it belongs to, for indexes, foreign keys and triggers (and a table itself).
    pub table: Option<TableName>,
    /// When it is made.
    pub phase: Phase,
    /// The exact statements that make it on the target, in order, on one connection. Empty when it is made together
    /// with another object of the image (an index with the table's first index).
    pub create: Vec<String>,
    /// Canonical definition: the same text on two servers exactly when the object is the same.
    pub definition: String,
    /// Statements that bring it to life when the target opens (events), empty for all else.
    pub enable: Vec<String>,
}

/// What kind of part of a table something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A column.
    Column,
    /// The primary key, where it is part of the table's definition (MySQL family).
    PrimaryKey,
    /// An index made with the table (MySQL family).
    Index,
    /// A check.
    Check,
    /// Engine, row format, comment, default collation, storage.
    Options,
    /// How its rows are divided.
    Partitions,
}

/// A part of a table: what whole definitions that differ are taken apart into, so that a difference can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePart {
    /// The table.
    pub table: TableName,
    /// What it is.
    pub kind: PartKind,
    /// Its name; empty for what a table has one of.
    pub name: String,
    /// Canonical definition: the same text on two servers exactly when the part is the same.
    pub definition: String,
    /// As it stands in a statement that makes it.
    pub text: String,
    /// Of a column: its canonical type, default, collation and so on, each by its name.
    pub facets: BTreeMap<String, String>,
}

/// Something that cannot be carried, named before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The object or setting.
    pub object: String,
    /// Why it cannot be carried.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// Everything in a scope: its tables, and all of its objects in the order in which they can be created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemaImage {
    /// Tables that hold rows. Partitioned tables appear once, as the whole.
    pub tables: Vec<Table>,
    /// All objects, in dependency order within each phase.
    pub objects: Vec<SchemaObject>,
    /// Tables that nothing else made before the rows needs, so that whoever moves a table's rows can make it right before
    /// them, many at once.
    pub apart: BTreeSet<TableName>,
    /// What cannot be carried to the target this image was made for.
    pub refusals: Vec<Refusal>,
}

/// The next value an AUTO_INCREMENT column or a sequence would hand out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityValue {
    /// MySQL: the table; PostgreSQL: the sequence.
    pub object: TableName,
    /// The next value it would hand out.
    pub next: i128,
    /// The step between values; negative for descending sequences.
    pub increment: i64,
}
